// Keeps the page of health fresh while somebody looks at it: each part is put in anew when it has changed. Without this script its link does.
"use strict";
(() => {
  const EVERY = 15_000, MOST_WAIT = 10_000;
  const page = document.getElementById("health");
  const status = page.querySelector("[role=status]");
  const parts = (root) => new Map([...root.querySelectorAll("[data-fresh]")].map((part) => [part.dataset.fresh, part]));
  let askedAt = Date.now(), over = false;

  async function refresh() {
    askedAt = Date.now();
    try {
      const answer = await fetch(location.href, { cache: "no-store", credentials: "same-origin", signal: AbortSignal.timeout(MOST_WAIT) });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("health");
      if (!answer.ok || !fresh) return stop(answer);
      put(fresh);
      status.textContent = "";
    } catch {
      status.textContent = page.dataset.lost;
    }
  }

  // Signed out, or not allowed any more: the link leads on.
  function stop(answer) {
    status.textContent = page.dataset.lost;
    over = answer.status < 500;
  }

  function put(fresh) {
    const shown = parts(page);
    for (const [name, part] of parts(fresh)) {
      const old = shown.get(name);
      if (!old || old.innerHTML === part.innerHTML) continue;
      const held = old.contains(document.activeElement) && document.activeElement.getAttribute("href");
      old.replaceChildren(...part.childNodes);
      if (held) [...old.querySelectorAll("a")].find((link) => link.getAttribute("href") === held)?.focus({ preventScroll: true });
    }
  }

  // Not for who does not look, nor for who saves data.
  const isWanted = () => !over && !document.hidden && navigator.onLine && !navigator.connection?.saveData;
  const isDue = () => Date.now() - askedAt >= EVERY;
  setInterval(() => { if (isWanted() && isDue()) refresh(); }, 1_000);
  document.addEventListener("visibilitychange", () => { if (isWanted() && isDue()) refresh(); });
})();
