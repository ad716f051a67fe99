// What every page of the back-office does beyond unfold: forms are sent once and never into an expired session, dialogs keep the focus,
// and whatever can be clicked can be reached with the keyboard.
"use strict";
(() => {
  const notice = () => document.getElementById("notice");

  function tell(text, link) {
    const box = notice();
    box.replaceChildren(text, " ");
    if (link) {
      const a = Object.assign(document.createElement("a"), { href: box.dataset.signInUrl, target: "_blank", rel: "noopener" });
      a.textContent = box.dataset.signIn;
      box.append(a);
    }
    const close = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
    close.setAttribute("aria-label", box.dataset.close);
    close.addEventListener("click", () => { box.hidden = true; });
    box.append(close);
    box.hidden = false;
  }

  // Asks before something is sent. Signing in again has changed the token of all forms that are open.
  async function signedIn() {
    let state;
    try {
      const answer = await fetch(notice().dataset.session, { cache: "no-store", credentials: "same-origin" });
      state = await answer.json();
    } catch {
      tell(notice().dataset.unreachable);
      return false;
    }
    if (!state.signed_in) {
      tell(notice().dataset.ended, true);
      return false;
    }
    notice().hidden = true;
    for (const input of document.querySelectorAll("[name=csrfmiddlewaretoken]")) input.value = state.csrf;
    return true;
  }

  // Forms: sent once, and only by somebody who is signed in.
  let busy = new WeakSet();
  const checked = new WeakSet();
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const isPost = (form.getAttribute("method") || "").toLowerCase() === "post";
    if (!notice() || !isPost || form.hasAttribute("hx-post") || checked.delete(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (busy.has(form)) return;
    busy.add(form);
    if (!(await signedIn())) {
      busy.delete(form);
      return;
    }
    checked.add(form);
    form.requestSubmit(event.submitter);
  }, true);
  window.addEventListener("submit", (event) => {
    if (event.defaultPrevented) busy.delete(event.target);
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) busy = new WeakSet();
  });

  // Dialogs of buttons.
  const dialog = () => document.getElementById("modal-content");
  const isOfDialog = (element) => element.getAttribute("hx-target") === "#modal-content" || dialog().contains(element);
  const asking = new WeakSet();
  document.addEventListener("htmx:confirm", async (event) => {
    const { elt, issueRequest } = event.detail;
    if (!notice() || !isOfDialog(elt)) return;
    event.preventDefault();
    if (asking.has(elt)) return;
    asking.add(elt);
    if (await signedIn()) issueRequest(true);
    else asking.delete(elt);
  });
  document.addEventListener("htmx:afterRequest", (event) => asking.delete(event.detail.elt));
  for (const problem of ["htmx:responseError", "htmx:sendError"]) {
    document.addEventListener(problem, (event) => {
      if (!isOfDialog(event.detail.elt)) return;
      const { status } = event.detail.xhr;
      const texts = notice().dataset;
      tell({ 0: texts.unreachable, 403: texts.forbidden, 404: texts.gone }[status] || texts.failed);
      // unfold opens its frame whatever was answered
      if (!dialog().contains(event.detail.elt)) setTimeout(() => { Alpine.$data(document.documentElement).openModal = false; });
    });
  }

  const FOCUSABLE = "a[href], button:not([disabled]), input:not([type=hidden]):not([disabled]), select, textarea, [tabindex='0']";
  let opener = null;
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== dialog()) return;
    opener = event.detail.requestConfig.elt;
    setTimeout(() => {
      const form = dialog().querySelector("#dialog-form");
      const first = form?.querySelector(FOCUSABLE) || dialog().querySelector("[type=submit]");
      first?.focus();
    }, 50);
  });
  document.addEventListener("dialog-toggled", (event) => {
    if (event.detail || !opener) return;
    dialog().replaceChildren(); // what is closed is over: the next one brings a token of its own
    opener.focus();
    opener = null;
  });
  // The filters of a list lie over the page, but for wide screens, where they stand beside it.
  const filters = () => document.getElementById("changelist-filter");
  const filtersCover = () => filters()?.getClientRects().length && getComputedStyle(filters()).position === "fixed";
  let filtersOpener = null;
  document.addEventListener("click", (event) => {
    const opener = event.target.closest?.("[x-on\\:click*='filterOpen']");
    if (!opener || !filters() || filters().contains(opener)) return;
    setTimeout(() => {
      if (!filtersCover()) return;
      filtersOpener = opener;
      filters().querySelector(FOCUSABLE)?.focus();
    }, 50);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !filtersOpener) return;
    filtersOpener.focus();
    filtersOpener = null;
  });
  document.addEventListener("keydown", (event) => {
    const held = [dialog(), filtersCover() ? filters() : null].find((box) => box?.contains(document.activeElement));
    if (event.key !== "Tab" || !held) return;
    const all = [...held.querySelectorAll(FOCUSABLE)].filter((element) => element.getClientRects().length);
    const [from, to] = event.shiftKey ? [all[0], all.at(-1)] : [all.at(-1), all[0]];
    if (document.activeElement !== from) return;
    event.preventDefault();
    to.focus();
  });

  // What unfold makes clickable only.
  const CLICKABLE = "a:not([href])[x-on\\:click], span[x-on\\:click], div.cursor-pointer[x-on\\:click]";
  function makeReachable(root) {
    for (const element of root.querySelectorAll(CLICKABLE)) {
      if (element.hasAttribute("role")) continue;
      element.setAttribute("role", "button");
      element.tabIndex = 0;
    }
    for (const icon of root.querySelectorAll("span.material-symbols-outlined:not([role]):not([aria-label])")) icon.setAttribute("aria-hidden", "true");
    for (const element of root.querySelectorAll("a, button, [role=button]")) nameByIcon(element);
    for (const help of root.querySelectorAll("span[aria-label]:not([role])")) help.setAttribute("role", "img");
    for (const box of root.querySelectorAll("[role=combobox], .select2-search__field, .select2-selection__rendered[role=textbox]")) nameByLabel(box);
    for (const input of root.querySelectorAll("input:not([type=hidden]), select, textarea")) nameInput(input);
    root.querySelector("#content")?.setAttribute("role", "main");
  }

  // What shows nothing but an icon is named by what the icon means.
  function nameByIcon(element) {
    if (element.hasAttribute("aria-label") || element.hasAttribute("aria-labelledby") || element.title) return;
    const icon = element.querySelector("[aria-hidden=true].material-symbols-outlined");
    const text = [...element.childNodes].filter((node) => node !== icon).map((node) => node.textContent).join("").trim();
    const inside = icon?.textContent.trim();
    if (!icon || (text && text !== inside) || element.querySelector("[role=img]")) return;
    const names = JSON.parse(notice()?.dataset.icons || "{}");
    element.setAttribute("aria-label", names[inside] || inside.replaceAll("_", " "));
  }

  // Select2 makes a combobox of its own beside the select that the label is for.
  function nameByLabel(box) {
    const select = box.closest(".select2")?.previousElementSibling;
    const name = select?.labels?.[0]?.textContent.trim() || select?.getAttribute("aria-label") || select?.dataset.placeholder || select?.name;
    if (!name) return;
    box.setAttribute("aria-label", name);
    box.removeAttribute("aria-labelledby");
  }

  function nameInput(input) {
    if (input.labels?.length || input.hasAttribute("aria-label") || input.hasAttribute("aria-labelledby") || input.title) return;
    const heading = input.closest("div:has(> h3)")?.querySelector("h3")?.textContent.trim();
    const group = input.closest(".field-line, .form-row, .fieldset-row, [class*=field-]")?.querySelector("label")?.textContent.trim();
    input.setAttribute("aria-label", [heading || group, input.dataset.part || input.placeholder].filter(Boolean).join(": ") || input.name);
  }
  document.addEventListener("keydown", (event) => {
    if (!["Enter", " "].includes(event.key) || !event.target.matches?.(CLICKABLE)) return;
    event.preventDefault();
    event.target.click();
  });
  document.addEventListener("DOMContentLoaded", () => makeReachable(document));
  window.addEventListener("load", () => setTimeout(() => makeReachable(document))); // after select2
  document.addEventListener("htmx:afterSettle", (event) => makeReachable(event.detail.target));
})();

// The page of a configuration: which fields another provider uses is told to the style sheet, which hides the others.
document.addEventListener("DOMContentLoaded", () => {
  const chooser = document.querySelector("select[data-uses]");
  if (!chooser) return;
  const uses = JSON.parse(chooser.dataset.uses);
  const holds = JSON.parse(chooser.dataset.holds);
  const fields = JSON.parse(chooser.dataset.fields);
  chooser.addEventListener("change", () => {
    const used = [...(uses[chooser.value] || fields), ...holds];
    chooser.dataset.hides = JSON.stringify(fields.filter((field) => !used.includes(field)));
  });
});
