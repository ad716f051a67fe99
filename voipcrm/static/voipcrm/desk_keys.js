// The desk's keys, the overlay that lists them, and menus.
"use strict";
(() => {
  const texts = document.getElementById("desk").dataset;
  const alerts = window.deskAlerts;
  const find = (id) => document.getElementById(id);

  function entryInHand() {
    return document.activeElement?.closest("[data-entry]");
  }
  function step(by) {
    const rows = [...find("desk-entries").querySelectorAll("[data-entry]")];
    const at = rows.indexOf(entryInHand());
    rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1)]?.querySelector("a").focus();
  }
  const press = (verb) => entryInHand()?.querySelector(`button[value=${verb}]`)?.click();
  const KEYS = {
    j: () => step(1),
    k: () => step(-1),
    c: () => press("call"),
    t: () => press("take"),
    e: () => press("done"),
    n: async () => {
      const number = entryInHand()?.dataset.entry;
      if (number && number !== texts.number) await window.desk.openCard(number);
      if (number) location.hash = "desk-caller"; // the tab, on a telephone
      find("desk-note")?.focus();
    },
    "/": () => find("desk-number")?.focus(),
    "?": () => find("desk-help").showModal(),
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches?.("input, textarea, select, [contenteditable]");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.id === "desk-note") return find("desk-note-form").requestSubmit();
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat || document.querySelector("dialog[open]")) return;
    if (!KEYS[event.key] || !alerts.preferences.has("keys")) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  // A menu closes with Escape, and when something else is chosen.
  document.addEventListener("keydown", (event) => {
    const box = event.key === "Escape" && document.activeElement?.closest(".desk-later[open]");
    if (!box) return;
    box.open = false;
    box.querySelector("summary").focus();
  });
  document.addEventListener("click", (event) => {
    for (const box of document.querySelectorAll(".desk-later[open]")) if (!box.contains(event.target)) box.open = false;
  });

  find("desk-help-button").hidden = false;
  find("desk-help-button").addEventListener("click", () => find("desk-help").showModal());
})();
