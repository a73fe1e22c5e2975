// The sidebar shows the page that one is on, however far down its list that stands.
(() => {
  const here = document.querySelector(".sidebar-tree .current-page > a");
  const box = document.querySelector(".sidebar-scroll");
  if (here && box) box.scrollTop = Math.max(0, here.offsetTop - box.clientHeight / 2);
})();
