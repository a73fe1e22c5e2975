// Answers below a field for an error, as one types: the errors whose messages
// have most of the words.
(() => {
  const field = document.getElementById("error-text");
  if (!field) return;
  const list = document.querySelector(".error-answers");
  const all = [...list.children].map(item => ({
    item,
    words: new Set(item.querySelector(".words").textContent.split(" ")),
    name: item.querySelector("a").textContent.toLowerCase(),
  }));
  const common = new Set(["errno", "error", "oserror", "in", "on", "the", "a", "to", "is", "not"]);
  // The index of all errors shows those that fit, and all while nothing fits.
  const rows = [...document.querySelectorAll("table.errno-index tbody tr")].map(row => ({
    row,
    name: row.querySelector("a").textContent.toLowerCase(),
  }));
  // What is surely one error leads to its page; anything else to the search.
  let sure = null;
  field.form.addEventListener("submit", event => {
    if (!sure) return;
    event.preventDefault();
    location.href = sure;
  });
  field.addEventListener("input", () => {
    // Addresses and ports are no numbers of errors.
    const text = field.value.toLowerCase().replace(/\d+(\.\d+){3}|\[?::\w*\]?|:\d+/g, " ");
    const typed = [...new Set(text.match(/\w+/g) ?? [])];
    const number = (text.match(/err(?:no|or)?\W*(\d+)/) ?? text.match(/\((\d+):/) ?? text.match(/^\s*(\d+)\s*$/))?.[1];
    const rated = all.map(({ item, words, name }) => {
      let points = 0;
      for (const word of typed) {
        const isName = /^e[a-z]+$/.test(name) && !name.endsWith("error");
        if (isName && (word === name || word === `wsa${name}`)) points += 20;
        else if (isName && word.length > 3 && name.startsWith(word)) points += 4;
        else if (words.has(word)) points += /^\d+$/.test(word) ? (word === number ? 8 : 0) : common.has(word) ? 0.1 : 1;
      }
      return { item, name, points };
    });
    const most = Math.max(...rated.map(({ points }) => points));
    const best = rated.filter(({ points }) => points >= 1 && points >= most / 2)
      .sort((one, other) => other.points - one.points).slice(0, 4);
    sure = most >= 2 && best.length && (best.length < 2 || most > 1.3 * rated.map(({ points }) => points).sort((one, other) => other - one)[1]) ? best[0].item.querySelector("a").href : null;
    for (const { item } of all) item.classList.remove("fits");
    for (const { item } of best) {
      item.classList.add("fits");
      list.append(item);
    }
    list.classList.toggle("open", best.length > 0);
    const fits = new Set(rated.filter(({ points }) => points >= 1 && points >= most / 2).map(({ name }) => name));
    for (const { row, name } of rows) row.hidden = fits.size > 0 && !fits.has(name);
  });
})();
