// What a desk can do beyond its links and forms: say that something is new, and go from case to case with j and k.
"use strict";
(() => {
  const live = document.getElementById("live");
  if (live && "EventSource" in window) {
    const source = new EventSource(live.dataset.from);
    source.addEventListener("changed", () => {
      live.firstElementChild.hidden = false;
    });
    addEventListener("pagehide", () => source.close());
  }

  const work = document.getElementById("work");
  if (!work) return;
  const cases = [...work.querySelectorAll("tbody th a")];
  // Only while something in the table has the focus: a letter typed anywhere else stays a letter.
  work.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const step = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    const row = event.target.closest("tr");
    if (!step || !row) return;
    const here = cases.findIndex((link) => row.contains(link));
    const next = cases[Math.min(Math.max(here + step, 0), cases.length - 1)];
    if (next) {
      next.focus();
      event.preventDefault();
    }
  });
})();
