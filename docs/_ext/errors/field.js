// Answers below the field of the front page, as one types: the errors whose messages
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
  field.addEventListener("input", () => {
    const typed = field.value.toLowerCase().match(/\w+/g) ?? [];
    const rated = all.map(({ item, words, name }) => {
      let points = 0;
      for (const word of typed) {
        if (word === name || (word.length > 2 && name.startsWith(word))) points += 4;
        else if (words.has(word)) points += /^\d+$/.test(word) ? 3 : common.has(word) ? 0.1 : 1;
      }
      return { item, points };
    });
    const most = Math.max(...rated.map(({ points }) => points));
    const best = rated.filter(({ points }) => points >= 1 && points >= most / 2)
      .sort((one, other) => other.points - one.points).slice(0, 4);
    for (const { item } of all) item.classList.remove("fits");
    for (const { item } of best) {
      item.classList.add("fits");
      list.append(item);
    }
    list.classList.toggle("open", best.length > 0);
  });
})();
