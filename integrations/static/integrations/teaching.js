// A preview waits while somebody types: a select that is replaced in the middle forgets which letters were typed.
(() => {
  const PAUSE = 1000; // after which browsers begin a new word
  let typedAt = -PAUSE;
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" && event.target.matches?.("#teaching select")) typedAt = performance.now();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const left = typedAt + PAUSE - performance.now();
    if (event.detail.target.id !== "lesson" || left <= 0) return;
    event.detail.shouldSwap = false;
    setTimeout(() => document.getElementById("teaching").dispatchEvent(new Event("change")), left);
  });
})();
