// Keeps the desk fresh: asks what has changed and puts it in its place. Everything can be done without it.
"use strict";
(() => {
  const desk = document.getElementById("desk");
  const texts = desk.dataset;
  const alerts = window.deskAlerts;
  const find = (id) => document.getElementById(id);
  const FRESH = 1_500, HIDDEN = 15_000, MOST_WAIT = 10_000, EARLY = 100;
  let since = texts.since, over = false, askedAt = Date.now(), asking = false, skew = 0;

  function banner(text, link) {
    const box = find("desk-banner");
    if (box.dataset.shown === text) return;
    box.dataset.shown = text;
    box.replaceChildren(text, " ");
    if (link) box.append(Object.assign(document.createElement("a"), { href: texts.signInUrl, textContent: texts.signIn }));
    box.hidden = !text;
  }

  // Polling. A page in the background asks as often as others, where its reader wants to be called.
  const every = () => (document.hidden && !alerts.isListening() ? HIDDEN : FRESH);

  async function ask() {
    if (asking || over) return;
    if (!navigator.onLine) return banner(texts.lost);
    asking = true;
    askedAt = Date.now();
    try {
      const query = new URLSearchParams({ since, number: texts.number });
      const answer = await fetch(`${texts.changes}?${query}`, { cache: "no-store", credentials: "same-origin", signal: AbortSignal.timeout(MOST_WAIT) });
      skew = Date.parse(answer.headers.get("Date")) - Date.now() || 0;
      if (answer.status === 286 || answer.status === 403) {
        over = true;
        banner(answer.status === 403 ? texts.forbidden : texts.ended, answer.status === 286);
      } else if (answer.ok) {
        banner("");
        const html = await answer.text();
        since = answer.headers.get("X-Desk-Since") || since;
        if (answer.status === 200) put(new DOMParser().parseFromString(html, "text/html"));
      } else banner(texts.lost);
    } catch {
      banner(texts.lost);
    } finally {
      asking = false;
    }
  }

  // Twice a second. It goes by the clock, not by the beats: of a computer that slept there were none. The time is counted from one question to
  // the next, and a beat that comes a little early is taken: else each would wait for one beat more.
  function beat() {
    tick();
    ring();
    if (Date.now() - askedAt >= every() - EARLY) ask();
  }

  function startClock() {
    const alone = () => setInterval(beat, 500);
    try {
      const clock = new Worker(texts.clock);
      clock.addEventListener("message", beat);
      clock.addEventListener("error", alone, { once: true });
    } catch {
      alone();
    }
  }

  // Puts each part in its place, with what its reader is at: the focus, an open menu, a recording that is playing.
  function put(fresh) {
    for (const part of fresh.querySelectorAll("#desk-live, #desk-entries, #desk-history, #desk-strip")) {
      const old = find(part.id);
      if (!old) continue;
      const held = old.contains(document.activeElement) ? placeOf(document.activeElement) : null;
      const open = new Set([...old.querySelectorAll("details[open]")].map((box) => box.dataset.keptOpen));
      for (const box of part.querySelectorAll("details")) box.open = open.has(box.dataset.keptOpen);
      fill(old, part);
      if (held) focusOn(old, held);
    }
    refreshed();
  }

  function fill(old, part) {
    const playing = [...old.querySelectorAll("audio")].filter((audio) => !audio.paused);
    for (const audio of playing) part.querySelector(`audio[data-recording="${audio.dataset.recording}"]`)?.replaceWith(audio);
    old.replaceChildren(...part.childNodes);
    for (const audio of playing) if (audio.isConnected) audio.play().catch(() => {});
  }

  const rowsOf = (root) => [...root.querySelectorAll("[data-entry], [data-call]")];
  const keyOf = (row) => row && (row.dataset.entry ?? row.dataset.call);

  function placeOf(element) {
    const row = element.closest("[data-entry], [data-call]");
    return { key: keyOf(row), value: element.value, tag: element.localName, index: row ? rowsOf(row.parentElement).indexOf(row) : 0 };
  }

  function focusOn(root, { key, value, tag, index }) {
    const rows = rowsOf(root);
    const row = rows.find((row) => keyOf(row) === key) || rows[Math.min(index, rows.length - 1)];
    const same = [...(row?.querySelectorAll(tag) || [])].find((element) => element.value === value);
    (same || row?.querySelector("a"))?.focus({ preventScroll: true });
  }

  // What follows from what is shown.
  const known = new Set([...document.querySelectorAll("[data-rings]")].map((row) => row.dataset.call));
  const plainTitle = document.title.trim();
  const rings = () => [...document.querySelectorAll("[data-rings]")];
  const countIn = (id) => Number(find(id).querySelector("[data-count]")?.dataset.count || 0);

  function refreshed() {
    const counts = { now: countIn("desk-live"), "to-do": countIn("desk-entries") };
    for (const place of document.querySelectorAll("[data-count-of]")) {
      const count = counts[place.dataset.countOf];
      place.textContent = count ? (place.matches(".desk-count") ? count : `(${count})`) : "";
    }
    document.title = `${rings().length ? "☎ " : ""}${counts["to-do"] ? `(${counts["to-do"]}) ` : ""}${plainTitle}`;
    for (const row of rings().filter((row) => !known.has(row.dataset.call))) {
      known.add(row.dataset.call);
      incoming(row);
    }
    tick();
    ring();
  }

  const isWriting = () => find("desk-note")?.value || document.activeElement?.matches("input, textarea, select");

  function incoming(row) {
    const who = row.querySelector(".desk-who").innerText.replace(/\s+/g, " ").trim();
    find("desk-told").textContent = `${texts.incoming} ${who}`;
    alerts.notify(row.dataset.call, who);
    if (row.dataset.rings && !isWriting()) openCard(row.dataset.rings, { unasked: true });
  }

  function ring() {
    const [row] = rings();
    if (row) alerts.sound(row.dataset.call);
    if (row && alerts.isMute()) banner(texts.silent);
    else if (find("desk-banner").dataset.shown === texts.silent) banner("");
  }

  // The caller's card opens by itself, where nobody is writing.
  async function openCard(number, { unasked = false } = {}) {
    const address = `${texts.page}?${new URLSearchParams({ number })}`;
    const answer = await fetch(address, { cache: "no-store", credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok || isSignIn(answer) || (unasked && isWriting())) return;
    showCard(new DOMParser().parseFromString(await answer.text(), "text/html"), address);
  }

  function showCard(page, address) {
    const card = page.getElementById("desk-caller"), shown = page.getElementById("desk");
    if (!card || !shown) return;
    fill(find("desk-caller"), card);
    texts.number = shown.dataset.number;
    history.replaceState(null, "", address + location.hash);
    cardShown();
  }

  const isSignIn = (answer) => new URL(answer.url).pathname === new URL(texts.signInUrl, location.href).pathname;

  // Forms are sent without leaving the page, so that nothing that is open, typed or playing is lost.
  const busy = new WeakSet();
  desk.addEventListener("submit", (event) => {
    if (event.target.getAttribute("method") !== "post") return;
    event.preventDefault();
    if (!busy.has(event.target)) send(event.target, event.submitter);
  });

  async function send(form, button) {
    const content = new URLSearchParams(new FormData(form));
    if (button?.name) content.set(button.name, button.value);
    busy.add(form);
    form.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body: content, credentials: "same-origin" });
      if (isSignIn(answer)) return banner(texts.ended, true);
      if (!answer.ok) return banner(texts.failed);
      banner("");
      sent(form, new DOMParser().parseFromString(await answer.text(), "text/html"), answer.url);
    } catch {
      banner(texts.failed);
    } finally {
      busy.delete(form);
      form.removeAttribute("aria-busy");
    }
  }

  function sent(form, page, address) {
    const messages = page.getElementById("desk-messages");
    if (!messages) return location.assign(address); // led somewhere else
    if (form.id === "desk-note-form" && !messages.querySelector(".desk-message-error")) window.deskNote.stored(form);
    find("desk-messages").replaceChildren(...messages.childNodes);
    for (const box of find("desk-entries").querySelectorAll("details[open]")) box.open = false;
    since = page.getElementById("desk").dataset.since;
    if (form.id === "desk-dial") find("desk-dial").elements.once.value = page.getElementById("desk-dial").elements.once.value;
    if (form.id === "desk-dial" && !messages.querySelector(".desk-message-error")) find("desk-number").value = page.getElementById("desk-number").value;
    showCard(page, address);
    put(page);
  }

  // Clocks run by the moment they tell, on the server's clock.
  function tick() {
    for (const clock of document.querySelectorAll(".desk-clock")) {
      const seconds = Math.max(0, Math.floor((Date.now() + skew - Date.parse(clock.dateTime)) / 1000));
      const two = (number) => String(number).padStart(2, "0");
      const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60);
      const text = `${hours ? `${hours}:${two(minutes % 60)}` : minutes}:${two(seconds % 60)}`;
      if (clock.textContent !== text) clock.textContent = text;
    }
  }

  function cardShown() {
    for (const place of document.querySelectorAll("[data-country]")) {
      place.textContent = new Intl.DisplayNames([document.documentElement.lang], { type: "region" }).of(place.dataset.country);
    }
    window.deskNote.shown();
  }

  // Tabs, on a telephone.
  const TABS = ["desk-now", "desk-to-do", "desk-caller"];
  function showTab() {
    const asked = location.hash.slice(1);
    const tab = TABS.includes(asked) ? asked : texts.number && !texts.tab ? "desk-caller" : `desk-${texts.tab || "now"}`;
    if (texts.tab && `desk-${texts.tab}` !== tab) window.scrollTo(0, 0);
    texts.tab = tab.replace("desk-", "");
    for (const link of find("desk-tabs").querySelectorAll("a")) {
      if (link.hash === `#${tab}`) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) ask(); });
  window.addEventListener("online", ask);
  window.addEventListener("offline", ask);
  window.addEventListener("hashchange", showTab);
  window.desk = { openCard };
  startClock();
  cardShown();
  showTab();
  refreshed();
})();
