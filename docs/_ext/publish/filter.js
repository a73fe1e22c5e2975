// The field of a long page: what has all the words typed stays, the rest is hidden.
(() => {
  for (const box of document.querySelectorAll(".filter")) {
    const field = box.querySelector("input");
    const count = box.querySelector(".filter-count");
    const items = [...document.querySelectorAll(box.dataset.items)].map(item => {
      // The meaning of a term stands beside it, not in it.
      const all = [item];
      for (let next = item.nextElementSibling; item.tagName === "DT" && next?.tagName === "DD"; next = next.nextElementSibling)
        all.push(next);
      return { all, counts: !box.dataset.counted || item.matches(box.dataset.counted), text: all.map(one => one.textContent).join(" ").toLowerCase() };
    });
    const show = () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(word => word);
      let left = 0;
      for (const { all, counts, text } of items) {
        const fits = words.every(word => text.includes(word));
        left += fits && counts;
        for (const one of all) one.hidden = !fits;
      }
      count.textContent = `${left} of ${items.filter(one => one.counts).length}`;
    };
    field.addEventListener("input", show);
    box.hidden = false;
    show();
  }

  // A link to a proof opens its test.
  const open = () => {
    const named = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const fold = named && named.matches("section.proof") && named.querySelector("details");
    if (fold) fold.open = true;
  };
  addEventListener("hashchange", open);
  open();
})();
