// Copy buttons. Without scripts they stay hidden and the download link serves.

/** Copy a text and say so on the button, or that the browser does not allow it. */
window.copyText = async (button, text, refused = "Not allowed") => {
  const label = button.dataset.label ??= button.textContent;
  button.textContent = await navigator.clipboard?.writeText(text).then(() => "Copied", () => null) ?? refused;
  button.addEventListener("blur", () => { button.textContent = label; }, { once: true });
};

for (const button of document.querySelectorAll("button.copy")) {
  const program = button.nextElementSibling; // the template with the whole program
  button.hidden = false;
  button.addEventListener("click", () => window.copyText(button, program.content.textContent));
}
