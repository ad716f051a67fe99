// How the desk makes itself heard when a telephone of its reader rings: only where they have wished it, and in one of their tabs.
"use strict";
window.deskAlerts = (() => {
  const desk = document.getElementById("desk");
  const texts = desk.dataset;
  const TONES = [440, 480], LASTS = 0.4, EVERY = 3_000, CLAIMED_FOR = 5_000, BEHIND = 400;
  const tab = crypto.getRandomValues(new Uint32Array(2)).join("-");
  let audio = null, rungAt = 0;

  // The preferences of this browser's user.
  const preferences = {
    has: (name) => (localStorage.getItem(`desk.${name}`) ?? document.querySelector(`[data-setting=${name}]`)?.dataset.default) === "on",
    set: (name, on) => localStorage.setItem(`desk.${name}`, on ? "on" : "off"),
  };

  // Browsers let a page sound only after somebody has clicked on it or pressed a key, Safari only within that very event.
  function wake() {
    if (!preferences.has("sound") || !window.AudioContext) return;
    audio ??= new AudioContext();
    if (audio.state !== "running") audio.resume().catch(() => {});
  }
  for (const doing of ["pointerdown", "keydown"]) document.addEventListener(doing, wake, true);

  const canSound = () => audio?.state === "running";

  function beep() {
    if (!canSound()) return;
    const gain = new GainNode(audio, { gain: 0.15 });
    gain.connect(audio.destination);
    for (const frequency of TONES) {
      const tone = new OscillatorNode(audio, { frequency });
      tone.connect(gain);
      tone.start();
      tone.stop(audio.currentTime + LASTS);
    }
  }

  // The tab that has claimed a call sounds for it; one that looks at the desk comes before one that does not.
  function claims(call) {
    const key = "desk.rings";
    const [owner, theirs, at] = (localStorage.getItem(key) || "").split(" ");
    const isFree = theirs !== call || owner === tab || Date.now() - Number(at) > CLAIMED_FOR;
    if (isFree) localStorage.setItem(key, `${tab} ${call} ${Date.now()}`);
    return isFree;
  }

  function sound(call) {
    if (!preferences.has("sound") || Date.now() - rungAt < EVERY) return;
    rungAt = Date.now();
    setTimeout(() => {
      if (claims(call)) beep();
    }, document.hidden ? BEHIND : 0);
  }

  // Once for each call; the browser shows one of the same tag once, from however many tabs it comes.
  function notify(call, who) {
    if (!preferences.has("notification") || window.Notification?.permission !== "granted") return;
    const shown = new Notification(`${texts.incoming} ${who}`, { tag: `desk-call-${call}` });
    shown.addEventListener("click", () => { window.focus(); shown.close(); });
  }

  async function maySet(box) {
    if (!box.checked || box.dataset.setting !== "notification") return true;
    return (await window.Notification?.requestPermission()) === "granted";
  }

  for (const box of document.querySelectorAll("[data-setting]")) {
    box.checked = preferences.has(box.dataset.setting);
    box.addEventListener("change", async () => {
      const may = await maySet(box);
      document.getElementById("desk-refused").textContent = may ? "" : texts.refused;
      box.checked &&= may;
      preferences.set(box.dataset.setting, box.checked);
      wake();
    });
  }
  const attempt = document.getElementById("desk-try");
  attempt.hidden = !window.AudioContext;
  attempt.addEventListener("click", async () => {
    audio ??= new AudioContext();
    await audio.resume();
    beep();
  });

  return {
    preferences,
    sound,
    notify,
    isListening: () => preferences.has("sound") || preferences.has("notification"),
    isMute: () => preferences.has("sound") && !canSound(),
  };
})();
