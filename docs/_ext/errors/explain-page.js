// The page "Explain this": takes what is pasted to explain.js, and draws its answers.
// Pasted text is shown as text and never as HTML; nothing is sent and nothing is kept.
(() => {
  const { explain, explainData: data } = globalThis;
  const box = document.getElementById("explain");
  const field = box.querySelector("textarea");
  const status = box.querySelector(".explain-said");
  const answers = box.querySelector(".explain-answers");
  const OFTEN = 150; // milliseconds without a key before it answers
  const LONG = 20000; // characters: such a text takes the place of what was there
  const SHOWN = 200000; // and of a longer one the ends are shown
  let timer = 0;

  function make(tag, attributes = {}, ...content) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...content);
    return element;
  }

  /** Text with `code` in backticks, as nodes. */
  const words = (text) => text.split("`").map((part, index) =>
    index % 2 ? make("code", { class: "docutils literal" }, part) : part);
  const paragraph = (name, text) => make("p", { class: `explain-${name}` }, ...words(text));
  const say = (name, part) => data.words[name][0].replace("{}", () => part);

  /** A claim as an item of a list: its sentence, which leads to its home. */
  function proof(claim) {
    const home = data.homes?.[claim], sentence = words(data.claims[claim]);
    return make("li", {}, home ? make("a", { href: home }, ...sentence) : make("span", {}, ...sentence));
  }

  function slot(side, name) {
    const label = make("span", { class: "side" }, side);
    return make("span", { class: `slot ${side}${name ? "" : " empty"}` }, label, " ", make("span", { class: "name" }, name || "—"));
  }

  /** One way to an error: why, what to do, and what proves it. */
  function way({ id, call, kinds, cause, cure, unshown, lines, because, claims }, { page, title, mixed }) {
    const parts = [];
    if (mixed) parts.push(paragraph("cause", `\`${call}()\`: ${cause}`));
    else if (cause !== title) parts.push(paragraph("cause", cause));
    if (because) parts.push(paragraph("because", say("fits", because)));
    parts.push(make("p", {}, make("strong", {}, "What to do: "), ...words(cure)));
    if (unshown) parts.push(paragraph("small", say("not_tried", unshown)));
    else if (lines) {
      const code = make("pre", { tabindex: "0", role: "group", "aria-label": "The cure" }, lines);
      parts.push(make("details", {}, make("summary", {}, "The cure, as it was tried"), code));
    }
    const proofs = claims.map(proof);
    if (page) {
      const where = make("span", { class: "explain-small" }, ` on ${kinds}; ${data.where}`);
      proofs.push(make("li", {}, make("a", { href: page }, "Provoked, with its program"), where));
    }
    parts.push(paragraph("label", "Proved by"), make("ul", { class: "explain-proofs" }, ...proofs));
    return make("li", { "data-way": id }, ...parts);
  }

  function draw(card) {
    const { call, errno, kicker, count = 1, title, state, names, quoted, notes, ways, more, sure, mixed, page, walk } = card;
    const parts = [];
    if (kicker) parts.push(paragraph("kicker", kicker + (count > 1 ? `, ${count} times` : "")));
    parts.push(make("h2", {}, ...words(title)));
    if (state) parts.push(paragraph("state", state));
    if (names) parts.push(make("p", {}, make("span", { class: "card" }, slot("local", names[0]), slot("peer", names[1]))));
    if (quoted) parts.push(make("pre", { class: "explain-quoted", tabindex: "0", role: "group", "aria-label": "The line of your text" }, quoted.slice(0, 400)));
    const all = (some) => some.map((one) => way(one, card));
    if (ways.length > 1) {
      parts.push(paragraph("label", sure === false || mixed ? "Which is yours? In the order of our judgement." : "More than one way fits."));
      parts.push(make("ol", { class: "explain-ways" }, ...all(ways)));
    } else if (ways.length) parts.push(make("ul", { class: "explain-ways alone" }, ...all(ways)));
    for (const [text, claim] of notes) {
      const note = make("div", { class: "explain-remark" }, make("p", {}, ...words(text)));
      if (claim) note.append(make("ul", { class: "explain-proofs" }, proof(claim)));
      parts.push(note);
    }
    if (more.length) {
      const summary = make("summary", {}, `${more.length} more way${more.length > 1 ? "s" : ""} to it`);
      parts.push(make("details", { class: "explain-more" }, summary, make("ul", { class: "explain-ways" }, ...all(more))));
    }
    const links = make("p", { class: "explain-links" });
    if (page && errno) links.append(make("a", { href: page }, `All about ${errno}`));
    if (walk) links.append(make("a", { href: `${data.explorer}#${walk}` }, "The learned machine says the same: open it there"));
    if (links.childElementCount) parts.push(links);
    return make("section", { class: `explain-card explain-${card.kind}`, "data-call": call, "data-errno": errno }, ...parts);
  }

  function show(text = field.value) {
    clearTimeout(timer);
    const { read, cards, cut, more } = explain(text);
    answers.replaceChildren(...cards.map(draw));
    if (more) answers.append(paragraph("small", `${more} more answers are not shown: paste less.`));
    const said = [];
    if (cut) said.push(`Your text has ${cut.toLocaleString("en")} characters; its beginning and its end were read.`);
    if (cards.length) {
      said.push(`${cards.length === 1 ? "One answer" : `${cards.length} answers`}${read.length ? ` from ${read.join(", ")}` : ""}.`);
    }
    status.textContent = said.join(" ");
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => show(), OFTEN);
  });
  // A browser takes seconds to type thousands of lines; to set them takes none.
  field.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text") ?? "";
    if (text.length < LONG) return;
    event.preventDefault();
    const half = SHOWN / 2, cut = text.length > SHOWN;
    field.value = cut ? `${text.slice(0, half)}\n[…]\n${text.slice(-half)}` : text;
    show(text);
  });
  for (const button of box.querySelectorAll("[data-example]")) {
    const text = box.querySelector(`template[data-name="${button.dataset.example}"]`).content.textContent;
    button.addEventListener("click", () => {
      field.value = text;
      field.scrollTop = 0;
      show();
    });
  }
  box.querySelector(".explain-clear").addEventListener("click", () => {
    field.value = "";
    show();
    field.focus();
  });
  box.parentElement.querySelector(".without-script").remove();
  box.hidden = false;
  if (field.value) show();
})();
