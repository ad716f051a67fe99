/*
 * The call-back button: <script src="https://HOST/voip/widget.js" data-widget-token="TOKEN" data-phone="+48221234567" async></script>
 * or, where attributes get lost on the way, as in tag managers: <script src="https://HOST/voip/widget.js?widget_token=TOKEN"></script>
 *
 * Plain JavaScript in one file, as it is delivered. It changes nothing on the page besides the one element it appends to the body and the one
 * global VoipCrmWidget, reads nothing of it besides its address, and stores nothing before the visitor asks for a call. It must work on pages it
 * knows nothing of: under a policy without inline styles, beside rules for `*`, beside libraries that replace what belongs to the browser
 * (fetch, Promise, Map, or what JSON.stringify makes of a text, by a toJSON of their own), and where the body is replaced at any time.
 */
(() => {
  "use strict";

  const running = document.currentScript; // known only now, while the script runs for the first time; null in a module and in a shadow root
  const warn = (problem) => console.warn("voipcrm widget:", problem);

  /* ---- tools ---- */

  /** The function, with its mistakes kept from the page. */
  const safe = (work) => async (...given) => {
    try {
      return await work(...given);
    } catch (problem) {
      return warn(problem);
    }
  };

  /** The same for what answers at once. */
  const guarded = (work) => (...given) => {
    try {
      return work(...given);
    } catch (problem) {
      return warn(problem);
    }
  };

  const Later = safe(() => 0)().constructor; // the browser's Promise, whatever the page calls Promise

  /** An element with attributes, listeners (onclick, …) and children; a child that is empty is left out. */
  const make = (tag, attributes, ...children) => {
    const element = tag === "svg" || tag === "path" ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
    for (const name of Object.keys(attributes)) {
      const value = attributes[name];
      if (typeof value === "function") element.addEventListener(name.slice(2), safe(value));
      else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
    }
    for (const child of children) {
      if (child) element.appendChild(child.nodeType ? child : document.createTextNode(child));
    }
    return element;
  };

  const soft = (...parts) => make("p", { class: "soft" }, ...parts);

  const quoted = (text) => {
    const escaped = text.replace(/[^ !#-[\]-~]/g, (unit) => "\\u" + ("000" + unit.charCodeAt(0).toString(16)).slice(-4));
    return '"' + escaped + '"';
  };

  const json = (value) => {
    if (value === null || typeof value !== "object") return typeof value === "string" ? quoted(value) : String(value);
    let members = "";
    for (const name of Object.keys(value)) members += (members && ",") + quoted(name) + ":" + json(value[name]);
    return "{" + members + "}";
  };

  /** The answer of the server: status 0 when there is none, and an empty body when it is none of ours. Never rejects. */
  const ask = (method, address, body) =>
    new Later((resolve) => {
      const request = new XMLHttpRequest();
      request.open(method, address);
      request.responseType = "json";
      request.timeout = 15000;
      request.onloadend = () => {
        const wait = request.status === 429 ? Number(request.getResponseHeader("Retry-After")) || 60 : 0;
        resolve({ status: request.status, body: request.response || {}, wait });
      };
      if (body) request.setRequestHeader("Content-Type", "application/json");
      request.send(body ? json(body) : null);
    });

  const callable = (phone) => "tel:" + phone.replace(/[^+\d]/g, "");

  /** White where it is read well on this color, else black (WCAG 1.4.3: a contrast of 4.5 at least). */
  const inkOn = (color) => {
    let luminance = 0;
    for (const [at, weight] of [[1, 0.2126], [3, 0.7152], [5, 0.0722]]) {
      const part = parseInt(color.slice(at, at + 2), 16) / 255;
      luminance += weight * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    }
    return 1.05 / (luminance + 0.05) < 4.5 ? "#000" : "#fff";
  };

  /* ---- looks ---- */

  /** Of the rules for one element, the page's important ones lose against important ones in here. */
  const css = ({ color, side, edge, x, y }) => `
:host{all:initial!important;display:block!important;position:fixed!important;z-index:2147483647!important;direction:ltr!important;
${side}:${x}px!important;${edge}:calc(${y}px + env(safe-area-inset-${edge},0px))!important}
.root{--bg:#fff;--text:#1b1f24;--soft:#57606a;--line:#818b98;--bad:#b3261e;--accent:${color};--ink:${inkOn(color)};
font:16px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif;color:var(--text);color-scheme:light dark}
*{box-sizing:border-box}
.launch{display:inline-flex;align-items:center;gap:10px;min-height:56px;min-width:56px;padding:0 20px 0 16px;border:2px solid #fff;border-radius:28px;
background:var(--accent);color:var(--ink);font:inherit;font-weight:600;text-decoration:none;cursor:pointer;box-shadow:0 2px 12px rgba(0,0,0,.35)}
.launch:focus-visible{outline:3px solid #fff;outline-offset:0;box-shadow:0 0 0 6px #000}
svg{width:24px;height:24px;flex:none;fill:currentColor}
dialog:not([open]){display:none}
dialog{position:fixed;inset:auto;${edge}:20px;${side}:20px;width:380px;height:auto;
max-width:calc(100vw - 40px);max-height:none;margin:0;padding:0;border:1px solid transparent;border-radius:16px;overflow:hidden;background:var(--bg);color:var(--text);
touch-action:none;box-shadow:0 8px 40px rgba(0,0,0,.4)}
[hidden]{display:none!important}
dialog::backdrop{background:rgba(0,0,0,.4)}
.sheet{position:relative;max-height:calc(100vh - 42px);padding:20px;overflow:auto;touch-action:pan-y pinch-zoom}
.sheet,.choices,textarea{overscroll-behavior:contain}
h2{margin:0 48px 8px 0;font-size:1.25em;line-height:1.3;outline:0}
p{margin:0 0 12px}
p:empty{margin:0}
.soft{color:var(--soft);font-size:.875em}
.bad{color:var(--bad);font-weight:600}
.status{font-size:1.125em;font-weight:600}
a{color:inherit;font-weight:600;white-space:nowrap}
fieldset{min-width:0;margin:0 0 14px;padding:0;border:0}
legend,.field>label:not(.check){display:block;padding:0;margin:0 0 4px;font-weight:600}
.field{margin:0 0 14px}
.field p{margin:4px 0 0}
input:not([type=radio],[type=checkbox]),select,textarea{display:block;width:100%;min-height:44px;margin:0;padding:9px 12px;
border:1px solid var(--line);border-radius:8px;background:var(--bg);color:inherit;font:inherit}
textarea{resize:vertical}
[aria-invalid=true]:not(fieldset){border-color:var(--bad)}
:focus-visible{outline:3px solid var(--text);outline-offset:2px}
.choices{display:flex;flex-wrap:wrap;gap:8px;max-height:164px;padding:4px;margin:0 -4px;overflow:auto}
.choice{position:relative;flex:1 0 76px;display:flex}
.choice input{position:absolute;inset:0;width:100%;height:100%;margin:0;opacity:0;cursor:pointer}
.choice span{flex:1;display:flex;align-items:center;justify-content:center;padding:9px 6px;border:1px solid var(--line);border-radius:8px;
text-align:center}
.choice input:checked+span{border-color:var(--text);background:var(--accent);color:var(--ink);box-shadow:0 0 0 1px var(--text)}
.choice input:focus-visible+span{outline:3px solid var(--text);outline-offset:2px}
.check{display:flex;gap:10px;align-items:flex-start;font-size:.875em}
.check span{white-space:pre-line}
.check input{flex:none;width:22px;height:22px;margin:0;accent-color:var(--accent)}
.act{display:block;width:100%;min-height:48px;margin:0 0 12px;padding:10px 16px;border:1px solid transparent;border-radius:8px;
background:var(--accent);color:var(--ink);font:inherit;font-weight:600;cursor:pointer}
.act.plain{border-color:var(--line);background:var(--bg);color:var(--text)}
.act[aria-disabled=true]{opacity:.75;cursor:progress}
.close{position:absolute;top:12px;right:12px;width:44px;height:44px;padding:10px;border:1px solid transparent;border-radius:50%;background:none;
color:inherit;cursor:pointer}
.close svg{fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round}
.steps{display:flex;gap:6px;margin:4px 0 14px}
.steps i{flex:1;height:6px;border-radius:3px;background:var(--line);opacity:.45}
.steps i.on{background:var(--text);opacity:1}
.trap{display:none}
@media (prefers-color-scheme:dark){.root{--bg:#1c2128;--text:#f0f3f6;--soft:#b1bac4;--line:#848d97;--bad:#ff9a92}}
@media (prefers-reduced-motion:no-preference){
.launch{transition:transform .15s}.launch:hover{transform:translateY(-2px)}
.steps i.now{animation:now 1.2s ease-in-out infinite alternate}
dialog[open]{animation:in .18s ease-out}}
@keyframes now{to{opacity:.4}}
@keyframes in{from{opacity:0;transform:translateY(12px)}}
.unseen{position:absolute;width:1px;height:1px;margin:0;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (max-width:480px){
.launch{padding:0 14px}.word{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
dialog{inset:auto 0 0;width:100%;max-width:100%;border-radius:16px 16px 0 0}
.sheet{max-height:92vh;max-height:92dvh;padding-bottom:calc(20px + env(safe-area-inset-bottom,0px))}}
@media print{:host{display:none!important}}
@media (forced-colors:active){.choice input:checked+span,.steps i.on{outline:3px solid Highlight}}`;

  /**
   * Returns what puts rules on the elements, which in turn returns what must be done after each change of the elements: nothing where the
   * browser can share style sheets.
   */
  const tailor = (root) => {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync("");
      root.adoptedStyleSheets = [sheet];
      return (text) => { sheet.replaceSync(text); return () => {}; };
    } catch (tooOld) {
      return (text) => () => paint(root, text);
    }
  };

  /**
   * For older browsers: a style element would be refused by a strict policy of the page, but not what a script writes into element.style.
   * So the rules are read here; those for what only a browser can know (focus, hover) are left to its own looks.
   */
  const paint = (root, text) => {
    for (const element of root.querySelectorAll("[style]")) element.removeAttribute("style");
    const apply = (rules) => {
      const rule = /([^{}]+)\{((?:[^{}]|\{[^{}]*\})*)\}/g;
      for (let found = rule.exec(rules); found; found = rule.exec(rules)) {
        const [, head, body] = found;
        if (/@media/.test(head)) matchMedia(head.replace(/\s*@media/, "")).matches && apply(body);
        else if (!/@|:focus|:hover|::/.test(head)) {
          for (const element of /:host/.test(head) ? [root.host] : root.querySelectorAll(head)) element.style.cssText += ";" + body;
        }
      }
    };
    apply(text);
  };

  const icon = (shape) => make("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, make("path", { d: shape }));
  const HANDSET = "M7 3.5 9.8 8 8 10.2c1.2 2.5 3.3 4.6 5.8 5.8L16 14.2l4.5 2.8c.1 2.6-2.1 4.3-4.9 3.6C9.6 19 5 14.4 3.4 8.4 2.7 5.6 4.4 3.4 7 3.5Z";
  const CROSS = "M6 6 18 18M18 6 6 18";

  /* ---- words ---- */

  /** Texts of the widget's language, with times of the visitor's own zone. */
  class Words {
    constructor({ texts, locale, time_zone }) {
      this.texts = texts;
      this.officeZone = time_zone;
      this.plurals = new Intl.PluralRules(locale);
      this.tag = locale === "en" ? "en-GB" : locale;
      for (const own of navigator.languages || []) if (own.slice(0, 3) === locale + "-") this.tag = own;
    }

    fill(key, values) {
      return this.texts[key].replace(/{(\w+)}/g, (whole, name) => values[name]);
    }

    count(key, n) {
      const form = key + "." + this.plurals.select(n);
      return this.fill(form in this.texts ? form : key + ".other", { n });
    }

    time(date, options) {
      return new Intl.DateTimeFormat(this.tag, options).format(date);
    }

    /** "Wednesday, 25 November at 12:30", with the zone's name where the visitor's clock is not the office's. */
    moment(iso) {
      const date = new Date(iso);
      const text = this.time(date, { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
      return this.isElsewhere(date) ? text + " (" + this.zone(date) + ")" : text;
    }

    isElsewhere(date) {
      const clock = { dateStyle: "short", timeStyle: "short" };
      try {
        return this.time(date, clock) !== this.time(date, { ...clock, timeZone: this.officeZone });
      } catch (unknownZone) {
        return true;
      }
    }

    zone(date) {
      for (const part of new Intl.DateTimeFormat(this.tag, { timeZoneName: "long" }).formatToParts(date)) {
        if (part.type === "timeZoneName") return part.value;
      }
      return "";
    }

    wait(seconds) {
      const minutes = Math.ceil(seconds / 60);
      return minutes < 90 ? this.count("wait_minutes", minutes) : this.count("wait_hours", Math.ceil(minutes / 60));
    }
  }

  /* ---- the button and its dialog ---- */

  /** The part of the dialog's height that a key scrolls by. */
  const SCROLLS = { ArrowUp: -0.1, ArrowDown: 0.1, PageUp: -0.9, PageDown: 0.9, " ": 0.9, Home: -99, End: 99 };

  /** The free times of a widget's data: `free` counts the places of one slot after the other, beginning at `call_at`. */
  const listed = ({ slots, slot_minutes }) => {
    const times = [];
    for (const { call_at, free } of slots) {
      let at = Date.parse(call_at);
      for (const places of free) {
        if (places) times.push(new Date(at).toISOString());
        at += slot_minutes * 60000;
      }
    }
    return times;
  };

  /** A distance from the page's edge, 20 unless a sound one is given. */
  const pixels = (text) => (/^\d{1,4}(px)?$/.test(text) ? parseInt(text, 10) : 20);

  const isModal = (dialog) => {
    try {
      return dialog.matches(":modal");
    } catch (tooOld) {
      return true;
    }
  };

  class CallBack {
    constructor(settings, server) {
      const { widget_token: token, phone } = settings;
      Object.assign(this, { settings, token, phone, server, values: {}, refused: {}, failures: 0 });
      this.host = make("voipcrm-callback", {});
      this.root = this.host.attachShadow({ mode: "open" });
      for (const type of ["keydown", "keypress", "keyup"]) {
        this.host.addEventListener(type, (event) => event.stopPropagation()); // typing must not work the page's shortcuts
      }
      this.root.addEventListener("focusin", (event) => (this.focused = event.target));
      this.still = guarded((event) => this.halt(event));
      this.look = safe(() => this.paused && !document.hidden && this.poll());
      document.addEventListener("visibilitychange", this.look);
      if (settings.hide_while) this.lookout = setInterval(safe(() => this.giveWay()), 250);
    }

    tell(event, detail) {
      desk.tell(this, event, detail);
    }

    async start() {
      const found = await this.refresh();
      if (!document.body) await new Later((resolve) => document.addEventListener("DOMContentLoaded", resolve));
      if (this.isGone) return;
      this.isOff = found === "gone";
      if (this.isOff) return warn(this.token + " is unknown or switched off");
      if (found === "down") this.retry = setTimeout(safe(() => this.start()), Math.min(600000, 30000 * 2 ** this.failures));
      if (found === "down" || !window.HTMLDialogElement) return this.standIn();
      this.failures = 0;
      this.taken = {};
      this.words = new Words(this.data);
      this.build();
      this.ready = true;
      this.tell("ready");
      this.recall();
      return this.wanted && this.open();
    }

    /** The line is on the page once more: its settings count, and what got lost comes back. */
    again(settings) {
      Object.assign(this.settings, settings);
      desk.arrange();
      return this.isOff && this.start();
    }

    /** Asks the server how things stand: past every cache once there is an earlier answer. */
    async refresh() {
      const { locale } = this.settings;
      const wanted = "?widget_token=" + encodeURIComponent(this.token) + (locale ? "&locale=" + encodeURIComponent(locale) : "");
      const { body } = await ask("GET", this.server + "widget_data.json" + wanted + (this.data ? "&now=" + Date.now() : ""));
      if (body.active === false || body.code === "unknown_widget") return "gone";
      if (!body.active) return "down";
      this.freshUntil = Date.now() + 60000;
      this.data = body;
      this.times = listed(body);
      this.phone = body.phone || this.phone;
      return "there";
    }

    /** While the server is down, or where the browser is too old for the rest, the telephone can be offered. */
    standIn() {
      if (this.phone) this.show(make("a", { class: "launch", href: callable(this.phone) }, icon(HANDSET), this.phone));
      this.tell("error", { code: "unavailable" });
      this.failures += 1;
    }

    show(launch) {
      this.root.textContent = "";
      this.root.appendChild(make("div", { class: "root", lang: this.data && this.data.locale }, launch, this.dialog));
      this.dress = tailor(this.root);
      this.launch = launch; // from here on it can be placed
      this.giveWay();
      desk.arrange();
    }

    build() {
      const { texts, description } = this.data;
      this.word = make("span", { class: "word" }, texts.button);
      this.heading = make("h2", { id: "title", tabindex: "-1" }, texts.title);
      this.status = make("p", { class: "status", role: "status" });
      this.view = make("div", { onchange: () => this.paint() });
      this.alert = make("p", { class: "bad", role: "alert" });
      const cross = make("button", { class: "close", type: "button", "aria-label": texts.close, onclick: () => this.close() }, icon(CROSS));
      const phone = this.phone && make("a", { href: callable(this.phone) }, this.phone);
      this.sheet = make("div", { class: "sheet" }, this.heading, cross, description && soft(description),
        this.status, this.view, this.alert, phone && soft(texts.phone + " ", phone));
      this.dialog = make("dialog", {
        role: "dialog", "aria-modal": "true", "aria-labelledby": "title",
        onpointerdown: (event) => event.target === this.dialog && this.close(), // outside of the sheet
        onkeydown: (event) => (event.key === "Tab" ? this.hold(event) : this.scroll(event)),
        oncancel: (event) => { event.preventDefault(); this.close(); },
      }, this.sheet);
      this.show(make("button", { class: "launch", type: "button", "aria-haspopup": "dialog", onclick: () => this.open() }, icon(HANDSET), this.word));
    }

    /* Where it stands */

    /** [side, edge], such as ["right", "bottom"]; the page's choice before the widget's. */
    corner() {
      const [edge, side] = (this.settings.corner || (this.data && this.data.position) || "").split("-");
      return [side === "left" ? side : "right", edge === "top" ? edge : "bottom"];
    }

    isShown() {
      return this.launch && !this.isGone && !this.settings.hidden && !this.gaveWay;
    }

    /** In the given row of its corner, counted from the edge; on the page, wherever its body is now. */
    place(row) {
      if (!this.launch || this.isGone) return;
      const [side, edge] = this.corner();
      const { offset_x: x, offset_y: y } = this.settings;
      this.launch.hidden = !this.isShown();
      this.paint = this.dress(css({ color: (this.data && this.data.color) || "#1a73e8", side, edge, x: pixels(x), y: pixels(y) + 72 * row }));
      this.mount();
      this.paint();
    }

    /** Hides the button while the page shows what it names, such as a cookie banner. */
    giveWay() {
      const { hide_while: selector } = this.settings;
      let isThere = false;
      try {
        for (const element of selector ? document.querySelectorAll(selector) : []) {
          isThere = isThere || (element.getClientRects().length > 0 && getComputedStyle(element).visibility !== "hidden");
        }
      } catch (wrong) {
        clearInterval(this.lookout);
        this.settings.hide_while = warn(wrong);
      }
      if (isThere === Boolean(this.gaveWay)) return;
      this.gaveWay = isThere;
      desk.arrange();
    }

    /** Whether the page took it away, or moved it: then an open dialog is no longer modal. */
    isAstray() {
      if (!this.launch || this.isGone) return false;
      return this.host.parentNode !== document.body || Boolean(this.dialog && this.dialog.open && !isModal(this.dialog));
    }

    /** Into the body there is now, with the dialog as it was. */
    mount() {
      const { focused } = this;
      if (!document.body || !this.isAstray()) return;
      if (this.host.parentNode !== document.body) document.body.appendChild(this.host);
      if (!this.dialog || !this.dialog.open) return;
      this.dialog.close();
      this.dialog.showModal();
      if (focused && focused.isConnected) focused.focus();
    }

    destroy() {
      this.isGone = true;
      clearTimeout(this.timer);
      clearTimeout(this.retry);
      clearInterval(this.lookout);
      document.removeEventListener("visibilitychange", this.look);
      this.close();
      if (this.host.parentNode) this.host.parentNode.removeChild(this.host);
    }

    /* The dialog holds keyboard, wheel and finger */

    hold(event) {
      const stops = [];
      for (const stop of this.dialog.querySelectorAll("button,a,input,select,textarea")) if (stop.getClientRects().length) stops.push(stop);
      const from = event.shiftKey ? stops[0] : stops[stops.length - 1];
      const at = this.root.activeElement;
      if (at !== from && !(event.shiftKey && at === this.heading)) return;
      event.preventDefault();
      (event.shiftKey ? stops[stops.length - 1] : stops[0]).focus();
    }

    /** Whether the page behind is kept from moving; told to the document, as a browser asks no dialog what happens on its backdrop. */
    block(isOn) {
      const change = isOn ? "addEventListener" : "removeEventListener";
      for (const type of ["wheel", "touchmove"]) document[change](type, this.still, { capture: true, passive: false });
    }

    /** What a page takes from everything beside an overlay of its own, an open dialog gets back; else nobody would have it read out. */
    uncover(isOn) {
      for (const name of ["aria-hidden", "inert"]) {
        const value = this.host.getAttribute(name);
        if (isOn) this.taken[name] = value;
        else if (value == null && this.taken[name] != null) this.host.setAttribute(name, this.taken[name]);
        if (isOn) this.host.removeAttribute(name);
      }
    }

    /** What nothing in the dialog can scroll by is not passed on to the page. */
    halt(event) {
      if (event.ctrlKey || (event.touches && event.touches.length > 1)) return; // to zoom
      const path = event.composedPath();
      for (const at of path.slice(0, path.indexOf(this.dialog) + 1)) {
        if (at.matches && at.matches(".sheet,.choices,textarea") && at.scrollHeight > at.clientHeight) return;
      }
      if (event.cancelable) event.preventDefault();
    }

    /** The keys that scroll do so in here, save where an input has a use of its own for them. */
    scroll(event) {
      const { key, target } = event;
      const tag = target.type === "checkbox" ? "BUTTON" : target.tagName;
      const by = SCROLLS[key];
      if (!by || tag === "SELECT" || tag === "TEXTAREA" || event.ctrlKey || event.metaKey || event.altKey) return;
      if ((tag === "INPUT" && key.slice(0, 4) !== "Page") || (tag === "BUTTON" && key === " ")) return;
      event.preventDefault();
      this.sheet.scrollTop += by * this.sheet.clientHeight;
    }

    async open() {
      this.wanted = true;
      if (!this.ready || this.isGone || this.dialog.open) return;
      this.mount();
      this.uncover(true);
      this.dialog.showModal();
      this.block(true);
      this.tell("open");
      this.heading.focus();
      if (!this.request) await this.offer();
    }

    /** A form of what is known, and of what can be had now as soon as that comes. */
    async offer() {
      const known = this.outline();
      this.renderForm();
      (this.fields ? this.fields.number.box : this.heading).focus();
      if (Date.now() < this.freshUntil) return;
      const found = await this.refresh();
      if (this.request || this.busy || this.isGone) return;
      if (found === "gone") {
        this.fillView();
        this.alarm(this.data.texts.inactive);
      } else if (known !== this.outline()) this.renew();
    }

    /** What a form depends on. */
    outline() {
      return json({ ...this.data, form_token: "" });
    }

    /** The form anew, under the hands of who is writing in it. */
    renew() {
      const { id, selectionStart, selectionEnd } = this.root.activeElement || {};
      this.renderForm();
      const now = (id && this.root.getElementById(id)) || this.heading;
      if (!this.dialog.open) return;
      now.focus();
      if (selectionStart != null) now.setSelectionRange(selectionStart, selectionEnd);
    }

    close() {
      this.wanted = false;
      if (!this.ready || !this.dialog.open) return;
      this.dialog.close(); // which gives the focus back, unless the page has replaced who had it
      this.focused = null;
      if (document.activeElement === document.body || this.dialog.contains(this.root.activeElement)) this.launch.focus();
      this.block(false);
      this.uncover(false);
      this.tell("close");
    }

    prefill(values) {
      for (const name of values ? ["number", "name", "note"] : []) {
        if (typeof values[name] !== "string") continue;
        this.values[name] = values[name];
        if (this.fields && this.fields[name]) this.fields[name].box.value = values[name];
      }
    }

    /** Tells how things stand; unseen where the eye sees it elsewhere. */
    say(sentence, unseen) {
      this.status.setAttribute("class", unseen ? "unseen" : "status");
      this.status.textContent = sentence;
    }

    /* The form */

    fillView(...parts) {
      this.fields = null;
      this.say("");
      this.alert.textContent = this.view.textContent = "";
      for (const part of parts) if (part) this.view.appendChild(part);
      this.paint();
    }

    renderForm() {
      const { open, call_now, call_future, next_opening, texts, consent_text } = this.data;
      const canNow = open && call_now;
      const canLater = this.times.length > 0;
      const atOpening = !open && !canLater && call_future && next_opening;
      const notice = open ? "" : texts.closed + (next_opening ? " " + this.words.fill("opens", { moment: this.words.moment(next_opening) }) : "");
      if (!canNow && !canLater && !atOpening) return this.fillView(make("p", {}, notice || texts.no_times));
      const fields = {};
      this.isLater = canLater && (!canNow || Boolean(this.isLater));
      this.send = make("button", { class: "act", type: "submit" });
      this.picker = canLater && make("div", {}, ...this.chooseTime(fields));
      const form = make("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); return this.submit(); } },
        this.field(fields, "number", { type: "tel", autocomplete: "tel", maxlength: 64, required: true, "aria-required": "true" }, texts.number_hint),
        canNow && canLater && this.chooseWhen(),
        this.picker,
        atOpening && make("p", {}, texts.at_opening),
        this.field(fields, "name", { autocomplete: "name", maxlength: 255 }),
        this.field(fields, "note", { maxlength: 2000, rows: 2 }),
        make("div", { class: "trap", "aria-hidden": "true" }, make("input", { name: "website", tabindex: "-1", autocomplete: "off" })),
        consent_text && this.consent(fields),
        this.send);
      this.fillView(notice && make("p", {}, notice), form);
      this.fields = fields;
      this.form = form;
      this.sendWord = atOpening ? texts.call_opening : "";
      return this.switchWhen(this.isLater);
    }

    field(fields, name, attributes, hint) {
      const { texts } = this.data;
      const described = (hint ? name + "-hint " : "") + name + "-bad";
      const tag = name === "note" ? "textarea" : "input";
      const box = make(tag, { id: name, name, "aria-describedby": described, oninput: () => (this.values[name] = box.value), ...attributes });
      box.value = this.values[name] || "";
      const bad = make("p", { class: "bad", id: name + "-bad" });
      fields[name] = { box, bad };
      const help = hint && make("p", { class: "soft", id: name + "-hint" }, hint);
      return make("div", { class: "field" }, make("label", { for: name }, texts[name]), box, help, bad);
    }

    choice(name, value, label, checked, onchange) {
      return make("label", { class: "choice" }, make("input", { type: "radio", name, value, checked, onchange }), make("span", {}, label));
    }

    chooseWhen() {
      const { texts } = this.data;
      const choices = make("div", { class: "choices" },
        this.choice("when", "now", texts.now, !this.isLater, () => this.switchWhen(false)),
        this.choice("when", "later", texts.later, this.isLater, () => this.switchWhen(true)));
      return make("fieldset", {}, make("legend", {}, texts.when), choices);
    }

    switchWhen(isLater) {
      this.isLater = isLater;
      const { texts } = this.data;
      if (this.picker) this.picker.hidden = !isLater;
      this.send.textContent = this.sendWord || (isLater ? texts.call_future : texts.call_now);
      this.paint();
    }

    /** A day, then one of its times. */
    chooseTime(fields) {
      const { texts } = this.data;
      const days = {};
      for (const call_at of this.times) {
        const day = new Date(call_at).toDateString();
        (days[day] = days[day] || []).push(call_at);
      }
      const choices = make("div", { class: "choices" });
      const select = make("select", { id: "day", onchange: () => { this.day = select.value; this.fillTimes(choices, days[this.day]); } });
      for (const day of Object.keys(days)) {
        const date = this.words.time(new Date(days[day][0]), { weekday: "short", day: "numeric", month: "short" });
        select.appendChild(make("option", { value: day, selected: day === this.day }, date + " – " + this.words.count("free", days[day].length)));
      }
      this.fillTimes(choices, days[select.value]);
      const bad = make("p", { class: "bad", id: "call_at-bad" });
      const box = make("fieldset", { role: "radiogroup", "aria-describedby": "call_at-bad" }, make("legend", {}, texts.time), choices, bad);
      fields.call_at = { box, bad };
      const first = new Date(this.times[0]);
      const zone = this.words.isElsewhere(first) && soft(this.words.fill("zone", { zone: this.words.zone(first) }));
      return [make("div", { class: "field" }, make("label", { for: "day" }, texts.day), select), box, zone];
    }

    fillTimes(choices, times) {
      const labels = {};
      choices.textContent = "";
      for (const time of times) {
        const clock = { hour: "2-digit", minute: "2-digit" };
        let label = this.words.time(new Date(time), clock);
        if (labels[label]) label = this.words.time(new Date(time), { ...clock, timeZoneName: "short" }); // the hour that comes twice
        labels[label] = true;
        choices.appendChild(this.choice("call_at", time, label, time === this.values.call_at, () => (this.values.call_at = time)));
      }
      this.paint();
    }

    consent(fields) {
      const box = make("input", { type: "checkbox", id: "consent", checked: Boolean(this.values.consent), "aria-required": "true",
        "aria-describedby": "consent-bad", onchange: () => (this.values.consent = box.checked) });
      const bad = make("p", { class: "bad", id: "consent-bad" });
      fields.consent = { box, bad };
      return make("div", { class: "field" }, make("label", { class: "check" }, box, make("span", {}, this.data.consent_text)), bad);
    }

    /* Asking */

    async submit() {
      if (this.busy || !this.check()) return;
      const { texts } = this.data;
      const label = this.send.textContent;
      this.busy = true;
      this.send.setAttribute("aria-disabled", "true");
      this.send.textContent = texts.sending;
      this.say(texts.sending, true);
      const answer = await this.post();
      this.say("");
      this.busy = false;
      this.send.removeAttribute("aria-disabled");
      this.send.textContent = label;
      if (answer.body.visitor_token) return this.begin(answer);
      this.tell("error", { code: answer.body.code || "unavailable" });
      await this.explain(answer);
    }

    /** Whether the form can be sent; else says what is missing, and goes to the first of it. */
    check() {
      const { texts } = this.data;
      this.alert.textContent = "";
      for (const name of Object.keys(this.fields)) {
        this.fields[name].bad.textContent = "";
        this.fields[name].box.removeAttribute("aria-invalid");
      }
      const missing = [];
      if (this.fields.consent && !this.values.consent) missing.push(["consent", texts.consent_needed]);
      if (this.isLater && !this.chosen()) missing.push(["call_at", texts.time_needed]);
      if (!/\d\D*\d\D*\d/.test(this.values.number || "")) missing.push(["number", texts.number_invalid]);
      for (const [name, sentence] of missing) this.fail(name, sentence);
      const { until = 0, number, detail } = this.refused;
      const wait = (until - Date.now()) / 1000;
      if (missing.length || wait <= 0 || (number && number !== this.values.number)) return !missing.length;
      this.alarm(detail + " " + this.words.wait(wait));
      return false;
    }

    chosen() {
      const box = this.form.querySelector("[name=call_at]:checked");
      return box && box.value;
    }

    requestBody() {
      const { form_token, consent_text, consent_version } = this.data;
      const request = { number: this.values.number, form_token, website: this.form.elements.website.value };
      for (const name of ["name", "note"]) if (this.values[name]) request[name] = this.values[name];
      if (this.isLater) request.call_at = this.chosen();
      if (consent_text) Object.assign(request, { consent: true, consent_version });
      const page = location.origin + location.pathname; // without what stands behind ? and #, where secrets are
      if (/^https?:/.test(page) && page.length <= 1000) request.page_url = page;
      return request;
    }

    async post() {
      const { locale } = this.data;
      const send = () => ask("POST", this.server + "autocalls/create_from_widget", { widget_token: this.token, locale, autocall: this.requestBody() });
      this.freshUntil = 0; // what was known of free times, and maybe the token, is used up
      const answer = await send();
      if (answer.body.code !== "form_expired") return answer;
      await this.refresh(); // the page was open for long; a new token is good after two seconds
      await new Later((resolve) => setTimeout(resolve, 2200));
      return send();
    }

    fail(name, sentence) {
      const field = this.fields && this.fields[name];
      if (!field) return this.alarm(sentence);
      field.bad.textContent = sentence;
      field.box.setAttribute("aria-invalid", "true");
      return (field.box.querySelector(":checked,input") || field.box).focus();
    }

    alarm(sentence) {
      this.alert.textContent = sentence;
      this.alert.scrollIntoView({ block: "nearest" });
    }

    /** What the visitor can do about a refusal. */
    async explain({ status, body, wait }) {
      const { texts } = this.data;
      if (status < 400 || status === 404 || status >= 500) return this.alarm(texts.unavailable); // not our server's own word
      if (wait) {
        this.refused = { until: Date.now() + wait * 1000, number: body.code === "limit_number" && this.values.number, detail: body.detail };
        return this.alarm(body.detail + " " + this.words.wait(wait));
      }
      if (["closed", "slot_taken", "not_bookable"].includes(body.code)) {
        await this.refresh();
        this.renderForm();
        this.heading.focus();
        return this.fail(this.isLater ? "call_at" : "", body.detail);
      }
      if (body.code) return this.fail(body.field, body.detail);
      return body.autocall && body.autocall.number ? this.fail("number", texts.number_invalid) : this.alarm(texts.invalid);
    }

    /* A request under way */

    begin({ status, body }) {
      this.values.call_at = this.state = null;
      this.remember((this.request = body.visitor_token));
      this.tell("requested", { status: body.status, call_at: body.call_at });
      this.renderProgress(status === 200);
      this.heading.focus();
      this.hear(body);
    }

    renderProgress(joined) {
      const { texts } = this.data;
      this.tried = false;
      this.steps = make("div", { class: "steps", "aria-hidden": "true" }, make("i", {}), make("i", {}), make("i", {}));
      this.undo = make("button", { class: "act plain", type: "button", hidden: true, onclick: () => this.cancel() }, texts.cancel);
      this.renewal = make("button", { class: "act plain", type: "button", hidden: true, onclick: () => this.offer() }, texts.again);
      this.called = soft();
      this.fillView(joined && soft(texts.joined), this.called, this.steps, this.undo, this.renewal);
      if (!this.state) this.say(texts.loading);
    }

    async poll() {
      const asked = this.request;
      this.paused = document.hidden;
      if (!asked || this.paused || this.isGone) return;
      const { body } = await ask("GET", this.server + "autocalls/visitor.json?visitor_token=" + encodeURIComponent(asked));
      if (asked !== this.request) return;
      if (body.step) this.hear(body);
      else if (body.code === "unknown_request") this.lose();
      else {
        this.failures += 1;
        if (this.failures > 1) this.say(this.data.texts.lost);
        this.later(Math.min(30000, 1000 * 2 ** this.failures));
      }
    }

    later(milliseconds) {
      clearTimeout(this.timer);
      if (!this.isGone) this.timer = setTimeout(safe(() => this.poll()), milliseconds);
    }

    hear(state) {
      const before = this.state || {};
      const isNews = ["status", "step", "call_at", "can_cancel"].some((name) => before[name] !== state[name]) || this.failures;
      this.quiet = isNews ? 0 : this.quiet + 1;
      this.failures = 0;
      this.state = state;
      this.tried = this.tried || state.status === "calling";
      if (isNews) {
        this.renderState();
        this.tell("progress", { status: state.status, step: state.step, call_at: state.call_at });
      }
      if (state.step === "finished") {
        this.forget();
        this.tell("finished", { status: state.status });
      } else this.later(this.untilDue() > 2000 ? Math.min(60000, this.untilDue() + 300) : Math.min(4000, 1000 + 50 * this.quiet));
    }

    /** Milliseconds by the server's clock. */
    untilDue() {
      return this.state.status === "scheduled" ? new Date(this.state.call_at) - new Date(this.state.now) : 0;
    }

    renderState() {
      const { step, status, can_cancel, number: called } = this.state;
      const { texts, ring_first } = this.data;
      const order = ring_first === "visitor" ? ["visitor", "operator", "talking"] : ["operator", "visitor", "talking"];
      const at = status === "done" ? 2 : order.indexOf(step);
      const isOver = step === "finished";
      this.steps.hidden = isOver || this.untilDue() > 2000;
      let number = 0;
      for (const mark of this.steps.children) {
        mark.setAttribute("class", number > at ? "" : number === at ? "on now" : "on");
        number += 1;
      }
      this.undo.hidden = !can_cancel;
      this.renewal.hidden = !isOver;
      this.word.textContent = isOver ? texts.button : texts.your_call;
      this.called.textContent = isOver || !called ? "" : this.words.fill("number_called", { number: called.replace(/ /g, "\u00a0") });
      const sentence = this.sentence();
      if (sentence) this.say(sentence);
      this.paint();
    }

    /** How the request stands; nothing while the next operator is looked for. */
    sentence() {
      const { step, status, call_at } = this.state;
      const { texts, ring_first } = this.data;
      if (step === "finished") return texts[status];
      if (step === "operator" && ring_first === "visitor") return texts.operator_second;
      if (step !== "waiting") return texts[step];
      if (this.untilDue() > 2000) return this.words.fill(this.tried ? "retry" : "booked", { moment: this.words.moment(call_at) });
      return this.tried ? "" : texts.waiting;
    }

    async cancel() {
      this.alert.textContent = "";
      const { body } = await ask("POST", this.server + "autocalls/visitor/cancel.json", { visitor_token: this.request, locale: this.data.locale });
      if (!body.step) return this.alarm(body.detail || this.data.texts.unavailable);
      this.heading.focus();
      return this.hear(body);
    }

    /* A request outlives a change of the page, in this tab alone */

    remember(request) {
      try {
        sessionStorage.setItem("voipcrm:" + this.token, request);
      } catch (forbidden) {
        // then it lasts as long as the page
      }
    }

    recall() {
      try {
        this.request = sessionStorage.getItem("voipcrm:" + this.token);
      } catch (forbidden) {
        return;
      }
      if (!this.request) return;
      this.state = null;
      this.renderProgress(false);
      this.poll();
    }

    forget() {
      this.request = null;
      try {
        sessionStorage.removeItem("voipcrm:" + this.token);
      } catch (forbidden) {
        // nothing was kept
      }
    }

    /** The server no longer knows the request. */
    lose() {
      this.forget();
      this.word.textContent = this.data.texts.button;
      if (this.dialog.open) this.renderForm();
    }
  }

  /* ---- what the page can do: window.VoipCrmWidget ---- */

  /** One for all copies of this script on the page, of other servers and releases too. */
  const makeDesk = () => {
    const widgets = [];
    const listeners = [];
    const of = (token) => widgets.filter((widget) => !token || widget.token === token);
    const pass = (listener, widget, event, detail) => {
      if (listener.event !== event || (listener.token && listener.token !== widget.token)) return;
      setTimeout(() => listener.work({ token: widget.token, ...detail })); // a mistake of the page's is told as the page's
    };
    const set = (settings, token) => {
      for (const widget of of(token)) Object.assign(widget.settings, settings);
      desk.arrange();
    };
    const listen = (event, work, token) => {
      const listener = { event, work, token };
      const stop = () => { listener.event = null; };
      if (typeof work !== "function") return warn("on(event, listener) needs a function") || stop;
      listeners.push(listener);
      if (event === "ready") for (const widget of widgets) if (widget.ready) pass(listener, widget, event);
      return stop;
    };
    const verbs = {
      open: (token) => { for (const widget of of(token).slice(0, 1)) widget.open().catch(warn); },
      close: (token) => { for (const widget of of(token)) widget.close(); },
      prefill: (values, token) => { for (const widget of of(token)) widget.prefill(values); },
      hide: (token) => set({ hidden: true }, token),
      show: (token) => set({ hidden: false }, token),
      place: ({ corner, offsetX, offsetY }, token) => {
        const given = { corner, offset_x: offsetX, offset_y: offsetY };
        for (const name of Object.keys(given)) if (given[name] === undefined) delete given[name];
        set(given, token);
      },
      destroy: (token) => {
        for (const widget of of(token)) widgets.splice(widgets.indexOf(widget), 1)[0].destroy();
        desk.arrange();
      },
      push: (command) => {
        const [verb, ...given] = command;
        if (!page[verb]) return warn("there is no command " + verb);
        return page[verb](...given);
      },
    };
    const page = { on: listen };
    for (const verb of Object.keys(verbs)) page[verb] = guarded(verbs[verb]);
    const desk = {
      tell: (widget, event, detail) => { for (const listener of listeners) pass(listener, widget, event, detail); },
      /** Each in its place: those of one corner above each other. */
      arrange: () => {
        const rows = {};
        for (const widget of widgets) {
          const corner = widget.launch ? String(widget.corner()) : "";
          rows[corner] = rows[corner] || 0;
          widget.place(rows[corner]);
          if (widget.isShown()) rows[corner] += 1;
        }
      },
      add: (settings, makeWidget) => {
        const there = of(settings.widget_token)[0];
        if (there) return there.again(settings);
        const widget = makeWidget();
        widgets.push(widget);
        return widget.start();
      },
    };
    Object.defineProperty(page, "desk", { value: desk });
    keep(widgets);
    return page;
  };

  /**
   * The page may replace its body, or all of the document, at any time: then the buttons go into the new one at once. With a page that keeps
   * taking them away nobody wrestles: ever longer is waited.
   */
  const keep = (widgets) => {
    let last = 0;
    let pause = 0;
    let timer;
    const watch = () => {
      observer.disconnect();
      for (const node of [document, document.documentElement, document.body]) if (node) observer.observe(node, { childList: true });
    };
    const bringBack = safe(() => {
      watch();
      for (const copy of document.querySelectorAll("voipcrm-callback")) if (!copy.shadowRoot) copy.parentNode.removeChild(copy); // of a page kept by Turbo
      for (const widget of widgets) widget.mount();
    });
    const observer = new MutationObserver(() => {
      if (!document.body || !widgets.some((widget) => widget.isAstray())) return watch();
      const now = Date.now();
      pause = now - last < pause + 500 ? Math.min(60000, 2 * pause + 10) : 0;
      last = now;
      clearTimeout(timer);
      timer = setTimeout(bringBack, pause);
      return pause > 100 || bringBack();
    });
    watch();
  };

  const enter = () => {
    const before = window.VoipCrmWidget;
    if (before && before.desk) return before.desk;
    const page = makeDesk();
    window.VoipCrmWidget = page;
    if (Array.isArray(before)) setTimeout(safe(() => { for (const command of before) page.push(command); }));
    return page.desk;
  };

  /* ---- what the page says, in the script's element or in its address ---- */

  const SETTINGS = ["widget_token", "phone", "locale", "corner", "offset_x", "offset_y", "hidden", "hide_while"];

  /** Where this script was loaded from, which a browser tells a script that has no element by its traces alone. */
  const ownAddress = () => {
    const found = /https?:\/\/.*?(?=:\d+:\d+\)?$)/m.exec(new Error().stack);
    return found ? found[0] : "";
  };

  /** All script elements of this address, in open shadow roots as well. */
  const elementsOf = (address, within) => {
    const found = [];
    for (const element of within.querySelectorAll("*")) {
      if (element.tagName === "SCRIPT" && element.src === address) found.push(element);
      if (element.shadowRoot) found.push(...elementsOf(address, element.shadowRoot));
    }
    return found;
  };

  const settingsOf = (element, address) => {
    const { searchParams } = new URL(address);
    const settings = {};
    for (const name of SETTINGS) {
      const said = element && element.getAttribute("data-" + name.replace("_", "-"));
      const value = said == null ? searchParams.get(name) : said;
      if (value != null) settings[name] = name === "hidden" ? value !== "false" : value.replace(/^ /, "+"); // +48… in an address
    }
    return settings;
  };

  let desk;
  safe(() => {
    const address = running ? running.src : ownAddress();
    if (!address) throw new Error("must be loaded by a script element with its address in src");
    const elements = running ? [running] : elementsOf(address, document);
    for (const element of elements.length ? elements : [null]) {
      const settings = settingsOf(element, address);
      if (settings.widget_token) {
        desk = enter();
        safe(() => desk.add(settings, () => new CallBack(settings, new URL(".", address).href)))();
      } else warn("no widget token: give data-widget-token=…, or widget.js?widget_token=… where attributes get lost");
    }
  })();
})();
