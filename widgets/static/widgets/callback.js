/*
 * The call-back button: <script src="https://HOST/voip/widget.js" data-widget-token="TOKEN" data-phone="+48221234567" async></script>
 *
 * Plain JavaScript in one file, as it is delivered. It changes nothing on the page besides the one element it appends to the body and the one
 * global VoipCrmWidget, reads nothing of it besides its address, and stores nothing before the visitor asks for a call. It must work on pages it
 * knows nothing of: under a policy without inline styles, beside rules for `*`, and beside libraries that replace what belongs to the browser
 * (fetch, Promise, Map, or what JSON.stringify makes of a text, by a toJSON of their own).
 */
(() => {
  "use strict";

  const script = document.currentScript; // known only now, while the script runs for the first time
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
    if (typeof value !== "object") return typeof value === "string" ? quoted(value) : String(value);
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

  /** White where it is read well on this color, else black (WCAG: a contrast of 4.5 at least). */
  const inkOn = (color) => {
    let luminance = 0;
    for (const [at, weight] of [[1, 0.2126], [3, 0.7152], [5, 0.0722]]) {
      const part = parseInt(color.slice(at, at + 2), 16) / 255;
      luminance += weight * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    }
    return luminance > 0.183 ? "#000" : "#fff";
  };

  /* ---- looks ---- */

  /** Of the rules for one element, the page's important ones lose against important ones in here. */
  const css = ({ color, left, row }) => `
:host{all:initial!important;display:block!important;position:fixed!important;z-index:2147483647!important;direction:ltr!important;
${left ? "left" : "right"}:20px!important;bottom:calc(${20 + 72 * row}px + env(safe-area-inset-bottom,0px))!important}
.root{--bg:#fff;--text:#1b1f24;--soft:#57606a;--line:#818b98;--bad:#b3261e;--accent:${color};--ink:${inkOn(color)};
font:16px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif;color:var(--text);color-scheme:light dark}
*{box-sizing:border-box}
.launch{display:inline-flex;align-items:center;gap:10px;min-height:56px;min-width:56px;padding:0 20px 0 16px;border:2px solid #fff;border-radius:28px;
background:var(--accent);color:var(--ink);font:inherit;font-weight:600;text-decoration:none;cursor:pointer;box-shadow:0 2px 12px rgba(0,0,0,.35)}
.launch:focus-visible{outline:3px solid #fff;outline-offset:0;box-shadow:0 0 0 6px #000}
svg{width:24px;height:24px;flex:none;fill:currentColor}
dialog:not([open]){display:none}
dialog{position:fixed;top:auto;bottom:20px;${left ? "left:20px;right:auto" : "right:20px;left:auto"};width:380px;height:auto;
max-width:calc(100vw - 40px);max-height:none;margin:0;padding:0;border:1px solid transparent;border-radius:16px;overflow:hidden;background:var(--bg);color:var(--text);
box-shadow:0 8px 40px rgba(0,0,0,.4)}
[hidden]{display:none!important}
dialog::backdrop{background:rgba(0,0,0,.4)}
.sheet{position:relative;max-height:calc(100vh - 42px);padding:20px;overflow:auto}
h2{margin:0 48px 8px 0;font-size:1.25em;line-height:1.3;outline:0}
p{margin:0 0 12px}
p:empty{margin:0}
.soft{color:var(--soft);font-size:.875em}
.bad{color:var(--bad);font-weight:600}
.status{font-size:1.125em;font-weight:600}
a{color:inherit;font-weight:600;white-space:nowrap}
fieldset{min-width:0;margin:0 0 14px;padding:0;border:0}
legend,.field>label{display:block;padding:0;margin:0 0 4px;font-weight:600}
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
dialog{left:0;right:0;bottom:0;width:100%;max-width:100%;border-radius:16px 16px 0 0}
.sheet{max-height:92vh;max-height:92dvh;padding-bottom:calc(20px + env(safe-area-inset-bottom,0px))}}
@media print{:host{display:none!important}}
@media (forced-colors:active){.choice input:checked+span,.steps i.on{outline:3px solid Highlight}}`;

  /** Returns what must be done after each change of the elements: nothing where the browser can share style sheets. */
  const dress = (root, text) => {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(text);
      root.adoptedStyleSheets = [sheet];
      return () => {};
    } catch (tooOld) {
      return () => paint(root, text);
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

  class CallBack {
    constructor(token, phone, server) {
      Object.assign(this, { token, phone, server, values: {}, refused: {}, failures: 0, row: -1 });
      this.host = make("voipcrm-callback", {});
      this.root = this.host.attachShadow({ mode: "open" });
      for (const type of ["keydown", "keypress", "keyup"]) {
        this.host.addEventListener(type, (event) => event.stopPropagation()); // typing must not work the page's shortcuts
      }
      document.addEventListener("visibilitychange", safe(() => this.paused && !document.hidden && this.poll()));
    }

    tell(event, detail) {
      desk.tell(this, event, detail);
    }

    async start() {
      const found = await this.refresh();
      if (!document.body) await new Later((resolve) => document.addEventListener("DOMContentLoaded", resolve));
      if (found === "gone") return warn(this.token + " is unknown or switched off");
      if (found === "down") setTimeout(safe(() => this.start()), Math.min(600000, 30000 * 2 ** this.failures));
      if (found === "down" || !window.HTMLDialogElement) return this.standIn();
      this.failures = 0;
      this.words = new Words(this.data);
      this.build();
      this.ready = true;
      this.tell("ready");
      this.recall();
      return this.wanted && this.open();
    }

    /** Asks the server how things stand: past every cache once there is an earlier answer. */
    async refresh() {
      const past = this.data ? "&now=" + Date.now() : "";
      const { body } = await ask("GET", this.server + "widget_data.json?widget_token=" + encodeURIComponent(this.token) + past);
      if (body.active === false || body.code === "unknown_widget") return "gone";
      if (!body.active) return "down";
      this.data = body;
      this.phone = body.phone || this.phone;
      return "there";
    }

    /** While the server is down, or where the browser is too old for the rest, the telephone can be offered. */
    standIn() {
      if (this.phone) this.show(make("a", { class: "launch", href: callable(this.phone) }, icon(HANDSET), this.phone), {});
      this.tell("error", { code: "unavailable" });
      this.failures += 1;
    }

    show(content, { color = "#1a73e8", position = "", locale = null }) {
      const left = position === "bottom-left";
      if (this.row < 0) this.row = desk.takeRow(left);
      this.root.textContent = "";
      this.root.appendChild(make("div", { class: "root", lang: locale }, content, this.dialog));
      this.paint = dress(this.root, css({ color, left, row: this.row }));
      document.body.appendChild(this.host);
      this.paint();
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
      const sheet = make("div", { class: "sheet" }, this.heading, cross, description && soft(description),
        this.status, this.view, this.alert, phone && soft(texts.phone + " ", phone));
      this.dialog = make("dialog", {
        role: "dialog", "aria-modal": "true", "aria-labelledby": "title",
        onpointerdown: (event) => event.target === this.dialog && this.close(), // outside of the sheet
        onkeydown: (event) => this.hold(event),
        oncancel: (event) => { event.preventDefault(); this.close(); },
      }, sheet);
      const press = { class: "launch", type: "button", "aria-haspopup": "dialog", onclick: () => this.open() };
      this.show(make("button", press, icon(HANDSET), this.word), this.data);
    }

    /** Keeps the keyboard in the dialog. */
    hold(event) {
      if (event.key !== "Tab") return;
      const stops = [];
      for (const stop of this.dialog.querySelectorAll("button,a,input,select,textarea")) if (stop.getClientRects().length) stops.push(stop);
      const from = event.shiftKey ? stops[0] : stops[stops.length - 1];
      const at = this.root.activeElement;
      if (at !== from && !(event.shiftKey && at === this.heading)) return;
      event.preventDefault();
      (event.shiftKey ? stops[stops.length - 1] : stops[0]).focus();
    }

    async open() {
      this.wanted = true;
      if (!this.ready || this.dialog.open) return;
      this.dialog.showModal();
      this.tell("open");
      this.heading.focus();
      if (!this.request) await this.offer();
    }

    /** A form with what can be had now. */
    async offer() {
      this.fillView();
      const found = await this.refresh();
      if (this.request) return;
      if (found === "gone") this.alarm(this.data.texts.inactive);
      else this.renderForm();
      if (this.fields && this.dialog.open) this.fields.number.box.focus();
    }

    close() {
      this.wanted = false;
      if (!this.ready || !this.dialog.open) return;
      this.dialog.close(); // which gives the focus back
      this.tell("close");
    }

    prefill(values) {
      for (const name of ["number", "name", "note"]) {
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
      const { open, call_now, call_future, slots, next_opening, texts, consent_text } = this.data;
      const canNow = open && call_now;
      const canLater = slots.length > 0;
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
      const { slots, texts } = this.data;
      const days = {};
      for (const { call_at } of slots) {
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
      const first = new Date(slots[0].call_at);
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

    wish() {
      const { form_token, consent_text, consent_version } = this.data;
      const wish = { number: this.values.number, form_token, website: this.form.elements.website.value };
      for (const name of ["name", "note"]) if (this.values[name]) wish[name] = this.values[name];
      if (this.isLater) wish.call_at = this.chosen();
      if (consent_text) Object.assign(wish, { consent: true, consent_version });
      const page = location.origin + location.pathname; // without what stands behind ? and #, where secrets are
      if (/^https?:/.test(page) && page.length <= 1000) wish.page_url = page;
      return wish;
    }

    async post() {
      const send = () => ask("POST", this.server + "autocalls/create_from_widget", { widget_token: this.token, autocall: this.wish() });
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
      this.again = make("button", { class: "act plain", type: "button", hidden: true, onclick: () => this.offer() }, texts.again);
      this.fillView(joined && soft(texts.joined), this.steps, this.undo, this.again);
    }

    async poll() {
      const asked = this.request;
      this.paused = document.hidden;
      if (!asked || this.paused) return;
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
      this.timer = setTimeout(safe(() => this.poll()), milliseconds);
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
      const { step, status, can_cancel } = this.state;
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
      this.again.hidden = !isOver;
      this.word.textContent = isOver ? texts.button : texts.your_call;
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
      const { body } = await ask("POST", this.server + "autocalls/visitor/cancel.json", { visitor_token: this.request });
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
    const rows = { true: 0, false: 0 };
    const of = (token) => widgets.filter((widget) => !token || widget.token === token);
    const pass = (listener, widget, event, detail) => {
      if (listener.event !== event || (listener.token && listener.token !== widget.token)) return;
      setTimeout(() => listener.work({ token: widget.token, ...detail })); // a mistake of the page's is told as the page's
    };
    const page = {
      open: (token) => of(token).slice(0, 1).forEach((widget) => widget.open()),
      close: (token) => of(token).forEach((widget) => widget.close()),
      prefill: (values, token) => of(token).forEach((widget) => widget.prefill(values)),
      on: (event, work, token) => {
        const listener = { event, work, token };
        listeners.push(listener);
        if (event === "ready") for (const widget of widgets) if (widget.ready) pass(listener, widget, event);
        return () => (listener.event = null);
      },
      push: ([verb, ...given]) => page[verb](...given),
    };
    const desk = {
      takeRow: (left) => rows[left]++,
      tell: (widget, event, detail) => listeners.forEach((listener) => pass(listener, widget, event, detail)),
      add: (widget) => !of(widget.token).length && widgets.push(widget),
    };
    Object.defineProperty(page, "desk", { value: desk });
    return page;
  };

  const enter = () => {
    const before = window.VoipCrmWidget;
    if (before && before.desk) return before.desk;
    const page = makeDesk();
    window.VoipCrmWidget = page;
    if (Array.isArray(before)) setTimeout(safe(() => { for (const command of before) page.push(command); }));
    return page.desk;
  };

  let desk;
  safe(() => {
    if (!script) throw new Error("needs the script element that loads it, and cannot be a module");
    const { widgetToken, phone } = script.dataset;
    const widget = new CallBack(widgetToken, phone, new URL(".", script.src).href);
    desk = enter();
    return desk.add(widget) ? widget.start() : warn(widgetToken + " is on this page twice");
  })();
})();
