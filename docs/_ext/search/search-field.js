// The fields of the search. What answers is loaded when one of them is first touched.
(() => {
  const root = document.documentElement.dataset.content_root;
  const PARTS = ["base-stemmer.js", "english-stemmer.js", "minisearch/minisearch.js", "search.js", "search-sections.js"];
  let loading = null;

  function load() {
    loading ??= Promise.all(PARTS.map(name => new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `${root}_static/${name}`;
      script.async = false; // in this order
      script.addEventListener("load", resolve);
      script.addEventListener("error", reject);
      document.head.append(script);
    })));
    return loading;
  }

  const field = document.querySelector(".topbar-search input");
  const panel = document.createElement("div");
  panel.className = "search-panel";
  panel.hidden = true;
  panel.setAttribute("aria-live", "polite");
  field.after(panel);
  const show = () => load().then(() => siteSearch.inPanel(panel, field.value), () => { panel.hidden = true; });
  field.addEventListener("focus", load, { once: true });
  field.addEventListener("input", show);
  field.addEventListener("click", () => field.value && show());

  // The arrow keys go through the list, Escape closes it.
  const close = () => { panel.hidden = true; };
  field.form.addEventListener("keydown", event => {
    const links = [field, ...panel.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    if (event.key === "Escape") {
      close();
      field.focus();
    } else if (!panel.hidden && event.key === "ArrowDown" && at < links.length - 1) links[at + 1].focus();
    else if (!panel.hidden && event.key === "ArrowUp" && at > 0) links[at - 1].focus();
    else return;
    event.preventDefault();
  });
  field.form.addEventListener("focusout", event => {
    if (event.relatedTarget && !field.form.contains(event.relatedTarget)) close();
  });
  document.addEventListener("click", event => { if (!field.form.contains(event.target)) close(); });

  // The page of the search, which answers what its address asks.
  const onPage = document.getElementById("search-results");
  if (!onPage) return;
  const again = document.querySelector(".search-again input");
  const answer = () => load().then(() => siteSearch.onPage(onPage, again.value));
  again.value = new URLSearchParams(location.search).get("q") ?? "";
  again.addEventListener("focus", load, { once: true });
  again.addEventListener("input", () => {
    history.replaceState(null, "", `?q=${encodeURIComponent(again.value)}`);
    answer();
  });
  again.form.addEventListener("submit", event => { event.preventDefault(); answer(); });
  if (again.value) answer();
  else again.focus();
})();

// The sidebar shows the page that one is on, however far down its list that stands.
(() => {
  const here = document.querySelector(".sidebar-tree .current-page > a");
  const box = document.querySelector(".sidebar-scroll");
  if (here && box) box.scrollTop = Math.max(0, here.offsetTop - box.clientHeight / 2);
})();
