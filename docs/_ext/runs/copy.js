// Copy buttons. Without scripts they stay hidden and the download link serves.
for (const button of document.querySelectorAll("button.copy")) {
  const program = button.nextElementSibling; // the template with the whole program
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(program.content.textContent);
    button.textContent = "Copied";
    button.addEventListener("blur", () => { button.textContent = "Copy"; }, { once: true });
  });
}
