// A note that is not stored yet is kept in this tab, so that neither another button nor an ended session loses it. A text that has been sent
// keeps the token it was sent with: sent again, because the answer was lost, it is stored once.
"use strict";
window.deskNote = (() => {
  const texts = document.getElementById("desk").dataset;
  const drafts = {
    read: (number) => JSON.parse(sessionStorage.getItem(`desk.draft.${number}`) || "{}"),
    keep: (number, draft) => sessionStorage.setItem(`desk.draft.${number}`, JSON.stringify(draft)),
    forget: (number) => sessionStorage.removeItem(`desk.draft.${number}`),
  };

  // To be called whenever a caller's card was put in.
  function shown() {
    const form = document.getElementById("desk-note-form"), note = document.getElementById("desk-note");
    if (!form) return;
    const number = form.dataset.draft;
    note.value ||= drafts.read(number).text || "";
    const tell = () => { document.getElementById("desk-draft").textContent = note.value ? texts.kept : ""; };
    tell();
    note.addEventListener("input", () => {
      if (note.value) drafts.keep(number, { ...drafts.read(number), text: note.value });
      else drafts.forget(number);
      tell();
    });
    form.addEventListener("submit", () => {
      const before = drafts.read(number);
      if (before.sent === note.value) form.elements.once.value = before.once;
      drafts.keep(number, { text: note.value, sent: note.value, once: form.elements.once.value });
    });
  }

  return { shown, stored: (form) => drafts.forget(form.dataset.draft) };
})();
