// A preview replaces the selects, so one that knows less than they do is left out: one asked for before the latest choice (another follows it),
// and one that comes while somebody types (a select that is replaced in the middle forgets which letters were typed).
(() => {
  const PAUSE = 1000; // after which browsers begin a new word
  let typedAt = -PAUSE;
  let isOld = false;
  const isOurs = (event) => event.detail.target.id === "lesson";
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" && event.target.matches?.("#teaching select")) typedAt = performance.now();
  });
  document.addEventListener("change", (event) => {
    if (event.target.closest?.("#teaching")) isOld = true;
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isOurs(event)) isOld = false;
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!isOurs(event)) return;
    const left = typedAt + PAUSE - performance.now();
    if (isOld || left > 0) event.detail.shouldSwap = false;
    if (left > 0) setTimeout(() => document.getElementById("teaching").dispatchEvent(new Event("change")), left);
  });
})();
