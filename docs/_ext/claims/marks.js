// A mark opens a panel beside it: the sentence, where it held, and the test. Without
// scripts, or with the file of proofs gone, the mark is a link to the proof.
(() => { // a scope of its own: other scripts have the same names
  const root = document.documentElement.dataset.content_root;
  const known = new Map();

  /** Called by the file of proofs when it has been loaded. */
  window.takeProofs = (page, found) => known.set(page, found);

  function load(page) {
    return new Promise((resolve, reject) => {
      if (known.has(page)) return resolve(known.get(page));
      const script = document.createElement("script");
      script.src = `${root}_static/proofs/${page}.js`;
      script.addEventListener("load", () => resolve(known.get(page)));
      script.addEventListener("error", reject);
      document.head.append(script);
    });
  }

  function make(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  /** A strip with the other systems, and in words where it is not the same. */
  function elsewhere(systems) {
    const signs = { passed: "✓", differs: "≠", "not tried": "·" };
    const strip = make("p", { class: "strip panel-systems" });
    for (const [name, end] of systems)
      strip.append(make("span", { class: end === "passed" ? "same" : end.replace(" ", "-"), title: end },
        `${name.replace("Linux ", "")} `, make("span", { class: "sign" }, signs[end])));
    const told = ["differs", "not tried"].flatMap(end => {
      const names = systems.filter(one => one[1] === end).map(one => one[0]);
      return names.length ? [`${end === "differs" ? "Differs on" : "Not tried on"} ${names.join(", ")}.`] : [];
    });
    strip.append(make("span", { class: "told" }, told.join(" ") || "The same on all of these."));
    return strip;
  }

  let panel = null;
  let opener = null;

  function close(back = true) {
    if (!panel) return;
    panel.remove();
    panel = null;
    opener.removeAttribute("aria-expanded");
    if (back) opener.focus();
  }

  function open(mark, found) {
    close(false);
    opener = mark;
    mark.setAttribute("aria-expanded", "true");
    const shut = make("button", { class: "proof-close", "aria-label": "Close" }, "×");
    shut.addEventListener("click", () => close());
    panel = make("aside", { class: "proof-panel", tabindex: "-1", "aria-label": "Proof" },
      shut, make("p", { class: "proof-sentence" }, found.sentence));
    if (found.scope) panel.append(make("p", {}, `Tried with ${found.scope}.`));
    panel.append(make("p", {}, `Held on ${found.held.join("; ")}.`));
    if (found.elsewhere.length) panel.append(elsewhere(found.elsewhere));
    panel.append(
      make("pre", { tabindex: "0" }, found.test));
    const links = make("p", { class: "proof-links" },
      make("a", { href: mark.href }, "Open the proof"));
    if (found.home) {
      links.append(" · ", make("a", { href: root + found.home }, found.title));
    }
    panel.append(links);
    document.body.append(panel);
    const { left, bottom } = mark.getBoundingClientRect();
    const most = document.documentElement.clientWidth - panel.offsetWidth - 12;
    panel.style.left = `${scrollX + Math.max(12, Math.min(left - 24, most))}px`;
    panel.style.top = `${scrollY + bottom + 6}px`;
    panel.focus({ preventScroll: true });
  }

  document.addEventListener("click", async event => {
    const mark = event.target.closest?.("a.proof:has(.mark)");
    if (!mark) {
      if (panel && !panel.contains(event.target)) close(false);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const { hash, pathname } = new URL(mark.href);
    event.preventDefault();
    if (panel && opener === mark) return close();
    try {
      const page = pathname.split("/").pop().replace(/\.html$/, "");
      open(mark, (await load(page))[hash.slice(1)]);
    } catch {
      location.assign(mark.href);
    }
  });
  document.addEventListener("keydown", event => event.key === "Escape" && close());

  // "Show every mark": dots become ticks, and stay so on other pages.
  const choice = document.querySelector("button.every-mark");
  if (choice) {
    const say = shown => {
      document.documentElement.classList.toggle("every-mark-shown", shown);
      choice.setAttribute("aria-pressed", shown);
    };
    choice.addEventListener("click", () => {
      const shown = choice.getAttribute("aria-pressed") !== "true";
      localStorage.setItem("every-mark", shown);
      say(shown);
    });
    say(localStorage.getItem("every-mark") === "true");
  }
})();
