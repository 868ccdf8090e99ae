// Saves a page of the dossier while it is typed, and never loses a word: what the server has not acknowledged stays on this
// device (drafts.js) and comes back after a crash. What is saved is what the server gave or acknowledged, never what is found
// in the fields: browsers put texts back into them.
//
// The form: data-autosave (address), data-draft-key (person/dossier/section), inputs named version and, for sections, base and
// serial (services/dossier/applying.py); data-unsaved where the page shows a choice between two answers.
// POST, form-encoded, without files, answered by JSON:
//   200 {"saved_at": "22:14:03", "version": 4, "base": "…", "errors": {field: text}, "notes": {field: text},
//        "elsewhere": [{"id", "label", "by", "at"}], "closed": words in place of the time once it is too late}
//   409 {"conflict": {"version": 5, "base": "…", "differences": [{"id", "label", "mine", "theirs", "saved_by", "saved_at"}]}}:
//       with a base all but these is stored, and each is chosen; without, nothing is, and one choice is for all
//   403 {"closed": true, "error": words}: nothing is taken any more; 401: signed out
//   400, 403, 404: the page is too old; 413: too long
//   507: the server has no room; 503: it can't store anything now; these, anything else, and no answer: tried again.
// With ?lire=1 nothing is stored: {"base": what the answers of this text are, as the server reads them}.

import { announce } from "./announce.js";
import { keepCommune } from "./communes.js";
import { draftsOf, drop, keep, kept, sending, sent } from "./drafts.js";
import { tell } from "./offline.js";
import { sendOnceMore } from "./resend.js";
import { ensureRows } from "./rows.js";
import { changed } from "./session.js";
import { gettext } from "./texts.js";
import { day, hour } from "./times.js";

const REST_AFTER_CHANGE = 600;
const REST_AFTER_TYPING = 2500;
const LONGEST_WAIT = 60000;
const ABOUT_THE_PAGE = ["csrf_token", "version", "base", "serial"];
const JSON_WANTED = { Accept: "application/json" };

const isTyped = (name) => !ABOUT_THE_PAGE.includes(name) && name !== "edit" && !/^(keep|talk)\./.test(name);
const questionOf = (name) => name.split(".")[1] ?? name; // q.actions.0.title: actions
const readBase = (text) => new Map((text ?? "").split(" ").filter(Boolean).map((part) => part.split(":")));
const baseText = (base) => [...base].filter(([, mark]) => mark).map((pair) => pair.join(":")).join(" ");

class Autosave {
  constructor(form) {
    this.form = form;
    this.key = form.dataset.draftKey;
    this.page = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    this.draft = `${this.key}#${this.page}`;
    this.adopted = new Map(); // copies of other pages, put back into this one, and of when they are
    this.address = this.ofThisPage(form.dataset.autosave);
    form.setAttribute("action", this.ofThisPage(form.getAttribute("action"))); // a button may be named action
    this.state = form.querySelector("[data-save-state]");
    this.notice = form.querySelector("[data-save-notice]");
    this.typed = 0; // counts edits, to know whether what was acknowledged is still all
    this.acknowledged = 0;
    this.left = false;
    this.failures = 0;
    this.touched = new Set();
    this.givenUp = new Set(); // questions whose other answer was chosen
    // With this script here a browser need not put texts back, which it would take from an older page.
    if (keep("probe", {})) { drop("probe"); form.autocomplete = "off"; }
    form.querySelectorAll("[data-saved]").forEach((field) => { field.value = field.dataset.saved; });
    if ("unsaved" in form.dataset) { // what was sent is here, and waits for its choice
      this.adopted = new Map(sent(this.key));
      this.typed = 1;
      this.unsaved();
      this.conflict = "all";
      this.remember();
    } else this.begin();
    form.addEventListener("input", (event) => this.edited(event, REST_AFTER_TYPING));
    form.addEventListener("change", (event) => this.edited(event, REST_AFTER_CHANGE));
    form.addEventListener("submit", (event) => this.submitted(event));
    window.addEventListener("online", () => this.dirty && this.soon(0));
    window.addEventListener("aap:signed-in", () => this.stopped && this.dirty && this.soon(0));
    window.addEventListener("aap:closed", () => this.closed());
    window.addEventListener("pagehide", () => this.hidden());
    window.addEventListener("pageshow", (event) => { if (event.persisted) this.shownAgain(); });
    window.addEventListener("beforeunload", (event) => { if ((this.dirty || this.unsaid) && !this.leaving) event.preventDefault(); });
  }

  get dirty() { return this.typed !== this.acknowledged; }

  // A comment that is being typed leaves with the page alone.
  get unsaid() { return [...this.form.querySelectorAll(".comments textarea")].some(changed); }

  field(name) { return this.form.querySelector(`input[name=${name}]`); }

  ofThisPage(address) {
    const url = new URL(address, location.href);
    if (url.searchParams.has("page")) url.searchParams.set("page", this.page);
    return url.href;
  }

  entries() {
    return [...new FormData(this.form)].filter(([name, value]) => typeof value === "string" && isTyped(name));
  }

  body() {
    const body = new URLSearchParams(this.entries());
    if (this.field("serial")) this.field("serial").value = Number(this.field("serial").value) + 1;
    for (const name of ABOUT_THE_PAGE) if (this.field(name)) body.set(name, this.field(name).value);
    for (const question of this.givenUp) body.set(`keep.${question}`, "theirs");
    return body;
  }

  // What is in the fields and not from the server was typed before this script came. A page that the browser kept
  // (« Retour ») may be older than what is saved.
  async begin() {
    const early = [...this.form.elements].filter((field) => isTyped(field.name ?? "") && changed(field));
    early.forEach((field) => this.touched.add(field.name));
    if (early.length) { this.typed += 1; this.unsaved(); this.remember(); this.soon(REST_AFTER_TYPING); }
    if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") await this.lookForNewer();
    await this.restore();
  }

  async lookForNewer() {
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const [newer, older] = [page.querySelector("[data-autosave] [name=version]")?.dataset.saved, this.field("version").dataset.saved];
      if (newer && newer !== older) { this.remember(); this.leave(() => location.reload()); }
    } catch { /* no network: what differs is told when it is saved */ }
  }

  edited(event, rest) {
    if (this.refilling || event.target.type === "file" || !isTyped(event.target.name ?? "")) return;
    this.touched.add(event.target.name);
    this.leaving = this.left; // a button was pressed, and the person types on: that is another text
    this.typed += 1;
    clearTimeout(this.remembering);
    this.remembering = setTimeout(() => this.remember(), 250);
    this.unsaved();
    if (!this.saving) this.soon(rest);
  }

  // Nothing « saved » counts any more.
  closed() { if (!this.state.classList.contains("save-state-wrong")) this.say("", false, false); }

  unsaved() {
    if (!this.failures && !this.stopped && !this.conflict) this.say(gettext("Modifié, pas encore enregistré"), false, false);
  }

  remember() {
    if (this.left) return;
    const labels = {};
    this.form.querySelectorAll("[data-chosen] input").forEach((box) => { labels[box.value] = box.parentElement.textContent.trim(); });
    const [version, base] = [this.field("version").value, this.field("base")?.value];
    keep(this.draft, { version, base, at: new Date().toISOString(), entries: this.entries(), labels });
  }

  // Everything typed here is stored: no copy of it is needed.
  forget() {
    drop(this.draft);
    this.adopted.forEach((at, name) => { if (kept(name)?.at === at) drop(name); });
    this.adopted.clear();
  }

  leave(go) { this.leaving = true; this.left = true; go(); }

  soon(rest) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), rest);
  }

  async save() {
    if (this.saving) { this.soon(REST_AFTER_CHANGE); return; }
    if (this.leaving || this.conflict === "all") return;
    this.saving = true;
    const typed = this.typed;
    this.remember();
    let answer = null;
    try {
      answer = await sendOnceMore(this.address, { method: "POST", body: this.body(), headers: JSON_WANTED });
      await this.take(answer, typed);
    } catch { this.again(answer?.status); }
    this.saving = false;
    if (this.failures === 0 && !this.stopped && this.typed !== typed) this.soon(REST_AFTER_TYPING);
  }

  async take(answer, typed) {
    if (answer.status === 409) { this.failures = 0; this.showConflict((await answer.json()).conflict); return; }
    if (answer.redirected || [400, 401, 403, 404].includes(answer.status)) { await this.refused(answer); return; }
    if (answer.status === 413) { this.failures = 0; this.say(gettext("Le texte est trop long pour être enregistré. Raccourcissez-le."), true); return; }
    if (!answer.ok) throw new Error(String(answer.status));
    const saved = await answer.json();
    const recovered = this.failures > 0;
    this.failures = 0;
    this.stopped = false;
    this.rebase(saved, (saved.elsewhere ?? []).map((one) => one.id));
    this.acknowledged = typed;
    if (this.conflict) { this.conflict = null; this.notice.replaceChildren(); }
    if (this.dirty) this.remember(); else this.forget();
    if (this.reloading && !this.dirty) { this.leave(() => location.reload()); return; }
    if (saved.closed) this.say(saved.closed, true, recovered || !this.saidOnce);
    else if (this.dirty) this.unsaved(); // typed on while the answer was on its way
    else this.say(gettext("Enregistré à %(at)s, heure de Paris", { at: saved.saved_at }), false, recovered || !this.saidOnce);
    this.saidOnce = true;
    this.showMessages(saved.errors ?? {}, saved.notes ?? {});
    this.tellElsewhere(saved.elsewhere ?? []);
  }

  // What this page starts from now; not for questions that it shows as they were before somebody else changed them.
  rebase(saved, shownAsBefore) {
    this.field("version").value = saved.version;
    if (saved.base === undefined) return;
    const [base, before] = [readBase(saved.base), readBase(this.field("base").value)];
    shownAsBefore.forEach((question) => base.set(question, before.get(question) ?? ""));
    this.field("base").value = baseText(base);
  }

  async refused(answer) {
    this.stopped = true;
    let words = {};
    try { words = await answer.json(); } catch { /* a page of words: its status tells */ }
    if (words.closed) { this.say(words.error, true); return; }
    if (answer.status !== 401) {
      this.say(gettext("La page est trop ancienne. Votre texte est gardé sur cet appareil\u00a0: rouvrez cette page."), true);
      return;
    }
    this.say(gettext("Vous n’êtes plus connecté. Votre texte est gardé sur cet appareil."), true);
    const link = line("a", gettext("Se reconnecter et continuer"));
    link.href = `${this.state.dataset.signIn}?next=${encodeURIComponent(location.pathname + location.search)}`;
    link.addEventListener("click", () => { this.remember(); this.leaving = true; });
    this.state.append(" ", link);
  }

  again(status) {
    this.failures += 1;
    const wait = Math.min(1000 * 2 ** this.failures, LONGEST_WAIT);
    this.say(this.trouble(status, { seconds: Math.round(wait / 1000) }), true, this.failures === 1);
    this.soon(wait);
  }

  trouble(status, wait) {
    if (status === 507) {
      return gettext("Ce site n’a plus de place\u00a0: votre texte est gardé sur cet appareil. Nouvel essai dans %(seconds)s\u00a0s. "
        + "Si cela continue, écrivez au service.", wait);
    }
    if (status >= 500) {
      return gettext("Ce site ne peut rien enregistrer en ce moment\u00a0: votre texte est gardé sur cet appareil. "
        + "Nouvel essai dans %(seconds)s\u00a0s.", wait);
    }
    return gettext("Pas de connexion\u00a0: votre texte est gardé sur cet appareil. Nouvel essai dans %(seconds)s\u00a0s.", wait);
  }

  say(text, wrong, aloud = true) {
    this.state.textContent = text;
    this.state.classList.toggle("save-state-wrong", wrong);
    if (aloud) announce(text);
  }

  // --- leaving and coming back ------------------------------------------------------------------------------------------

  async submitted(event) {
    this.remember();
    if (this.failures > 0 && this.dirty) { // the last word of the network was none
      event.preventDefault();
      await this.save();
      if (this.failures === 0 && !this.stopped) this.form.requestSubmit(event.submitter);
      else tell(event.submitter, this.state.textContent);
      return;
    }
    if (this.field("serial")) this.field("serial").value = Number(this.field("serial").value) + 1;
    if (event.submitter?.hasAttribute("formaction")) event.submitter.formAction = this.ofThisPage(event.submitter.formAction);
    sending(this.key, [this.draft, ...this.adopted.keys()]);
    this.leaving = true;
  }

  // Sent on the way out; no answer is waited for, so the copy stays.
  hidden() {
    if (!this.dirty || !this.touched.size) return; // what was only put back has its copy
    this.remember();
    if (this.leaving || this.conflict) return;
    fetch(this.address, { method: "POST", body: this.body(), headers: JSON_WANTED, keepalive: true }).catch(() => { /* the copy comes back */ });
  }

  // The page as the browser kept it, whole: after « Retour », after a button that found no network.
  shownAgain() {
    this.leaving = false;
    this.saving = false;
    if (this.dirty) this.soon(0);
  }

  // Messages beside the fields that were touched; those that were mended go away.
  showMessages(errors, notes) {
    this.form.querySelectorAll(".field-note").forEach((place) => {
      const text = notes[place.id.replace(/-note$/, "")] ?? "";
      place.textContent = text;
      place.hidden = text === "";
    });
    for (const name of this.touched) {
      const field = document.getElementById(name);
      if (!field) continue;
      const holder = field.closest("td, .field");
      const old = document.getElementById(`${name}-error`);
      const text = errors[name];
      if (!text) {
        old?.remove();
        field.removeAttribute("aria-invalid");
        holder?.classList.remove("field-wrong");
      } else if (document.activeElement !== field) {
        const place = old ?? document.createElement("p");
        place.id = `${name}-error`;
        place.className = "field-error";
        place.textContent = text;
        const choices = ["radio", "checkbox"].includes(field.type) ? field.closest("fieldset")?.querySelector("legend") : null;
        if (!old) (choices ? choices.after(place) : field.before(place));
        field.setAttribute("aria-invalid", "true");
        const described = new Set((field.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
        field.setAttribute("aria-describedby", [...described.add(place.id)].join(" "));
      }
    }
  }

  // --- what is found on this device -----------------------------------------------------------------------------------

  async restore() {
    for (const [name, draft] of draftsOf(this.key).filter(([one]) => one !== this.draft)) {
      const missing = await this.missingOf(draft);
      // Not over what is typed here meanwhile: that copy stays until the page is opened again.
      const typedHere = new Set([...this.touched].map(questionOf));
      const free = new Set([...missing].filter((question) => !typedHere.has(question)));
      if (free.size) { // not saved from this moment on, whatever other copies are still to be asked about
        this.typed += 1;
        this.unsaved();
        this.putBack(draft, free);
        this.foundAt = draft.at;
      }
      if (!missing.size) drop(name); else if (free.size === missing.size) this.adopted.set(name, draft.at);
    }
    if (!this.foundAt) return;
    const values = { day: day(this.foundAt), hour: hour(this.foundAt) };
    this.show("warning", gettext("Texte retrouvé"),
      gettext("Nous avons retrouvé du texte non enregistré, saisi le %(day)s à %(hour)s (heure de Paris). Il est de nouveau dans la page.", values),
      [[gettext("Le garder"), () => this.soon(0)], [gettext("L’abandonner"), () => { this.forget(); this.leave(() => location.reload()); }]]);
  }

  // The questions of which a copy says what is not saved. The server reads it, without storing: what is typed in two ways
  // (12000,5 and 12 000,50) is one answer. Where it can't be asked, the texts are compared.
  async missingOf(draft) {
    const here = readBase(this.field("base")?.value);
    if (draft.base !== undefined) {
      const body = new URLSearchParams(draft.entries);
      body.set("csrf_token", this.field("csrf_token").value);
      try {
        const address = new URL(this.address);
        address.searchParams.set("lire", "1");
        const answer = await fetch(address, { method: "POST", body, headers: JSON_WANTED });
        if (!answer.ok) throw new Error(String(answer.status));
        const [typed, before] = [readBase((await answer.json()).base), readBase(draft.base)];
        const known = [...new Set([...typed.keys(), ...before.keys()])];
        return new Set(known.filter((one) => typed.get(one) !== before.get(one) && typed.get(one) !== here.get(one)));
      } catch { /* as without */ }
    }
    return differing(draft.entries, this.entries());
  }

  putBack(draft, questions) {
    const base = readBase(this.field("base")?.value);
    const before = readBase(draft.base);
    this.refilling = true;
    this.refill(draft, questions);
    this.refilling = false;
    // It was typed on what stood then: whoever changed the same since is told of.
    questions.forEach((question) => base.set(question, before.get(question) ?? ""));
    if (this.field("base")) this.field("base").value = baseText(base); else this.field("version").value = draft.version;
  }

  refill(draft, questions) {
    const wanted = (name) => questions.has(questionOf(name));
    const values = new Map();
    for (const [name, value] of draft.entries) if (wanted(name)) values.set(name, [...(values.get(name) ?? []), value]);
    this.form.querySelectorAll("[data-rows]").forEach((container) => {
      const start = `${container.dataset.rows}.`;
      const rows = [...values.keys()].filter((name) => name.startsWith(start)).map((name) => parseInt(name.slice(start.length), 10));
      ensureRows(container, Math.max(0, ...rows.filter(Number.isInteger).map((row) => row + 1)));
    });
    this.form.querySelectorAll("[data-several-communes]").forEach((several) => {
      const { name } = several.querySelector("input[type=text]");
      for (const code of values.get(`${name}.codes`) ?? []) keepCommune(several, name, code, draft.labels?.[code] ?? code);
    });
    for (const field of this.form.elements) {
      if (!field.name || !isTyped(field.name) || !wanted(field.name) || field.type === "file" || field.tagName === "BUTTON") continue;
      const found = values.get(field.name) ?? [];
      if (["radio", "checkbox"].includes(field.type)) field.checked = found.includes(field.value);
      else if (found.length) [field.value] = found;
    }
    this.form.dispatchEvent(new Event("change", { bubbles: true }));
    this.form.querySelectorAll("[data-max-length], [data-cell]").forEach((field) => field.dispatchEvent(new Event("input", { bubbles: true })));
  }

  // --- somebody else saved meanwhile ----------------------------------------------------------------------------------

  showConflict(conflict) {
    const apart = conflict.base !== undefined; // each question has its choice, and the others are stored
    const shown = JSON.stringify(conflict.differences.map(({ id, theirs }) => [id, theirs]));
    if (apart) this.rebase(conflict, conflict.differences.map((one) => one.id));
    if (this.conflict === shown) return;
    this.conflict = apart ? shown : "all";
    // The focus stays where the person is typing; the line that follows the page leads to the choice.
    this.say("", true, false);
    const link = line("a", apart ? gettext("Deux réponses à la même question\u00a0: choisissez laquelle garder")
      : gettext("Deux versions de cette page\u00a0: choisissez celle à garder"));
    link.href = "#deux-versions";
    this.state.append(link);
    const box = this.show("warning", apart ? gettext("Deux réponses à la même question") : gettext("Deux versions de cette page"),
      apart ? gettext("Rien n’est perdu\u00a0: comparez, puis choisissez. Tout le reste est enregistré.")
        : `${changedBy(conflict, gettext("Cette page"))} ${gettext("Rien n’est perdu\u00a0: comparez, puis choisissez.")}`, []);
    box.id = "deux-versions";
    const inside = box.firstElementChild;
    for (const difference of conflict.differences) {
      const part = document.createElement("div");
      part.append(line("p", difference.label, "fw-semibold mb-1 mt-2"));
      if (apart) part.append(line("p", changedBy(difference, gettext("Cette réponse"))));
      part.append(sideBySide(difference.mine, difference.theirs));
      if (apart) part.append(this.choice(() => this.keepMine(conflict, difference.id), () => this.takeTheirs(difference.id), part, box, difference.label));
      inside.append(part);
    }
    if (!apart) inside.append(this.choice(() => { this.field("version").value = conflict.version; }, () => { this.takingAll = true; }, inside, box));
  }

  keepMine(conflict, question) {
    const base = readBase(this.field("base").value);
    base.set(question, readBase(conflict.base).get(question) ?? "");
    this.field("base").value = baseText(base);
  }

  takeTheirs(question) {
    this.givenUp.add(question);
    this.reloading = true;
  }

  // Once the last part is decided, all of it is saved.
  choice(mine, theirs, part, box, about = "") {
    const buttons = line("p", "", "actions mt-2");
    for (const [label, act] of [[gettext("Garder ma version"), mine], [gettext("Prendre l’autre version"), theirs]]) {
      const button = line("button", label, "btn btn-secondary btn-sm");
      button.type = "button";
      if (about) button.setAttribute("aria-label", `${label}\u00a0: ${about}`);
      button.addEventListener("click", () => {
        act();
        part.remove();
        if (box.querySelector("button")) { box.querySelector("button").focus(); return; }
        box.remove();
        this.conflict = null;
        this.say("", false, false);
        if (this.takingAll) { this.forget(); this.leave(() => location.reload()); } else this.soon(0);
      });
      buttons.append(button);
    }
    return buttons;
  }

  // Nothing to choose: what this page shows of these questions is not what is stored.
  tellElsewhere(changes) {
    const shown = JSON.stringify(changes);
    if (!changes.length || this.conflict || this.told === shown) return;
    this.told = shown;
    const texts = changes.map((one) => gettext("%(who)s a changé «\u00a0%(label)s\u00a0» le %(at)s (heure de Paris).",
      { who: one.by || gettext("Une autre fenêtre"), label: one.label, at: one.at }));
    this.show("info", gettext("Cette page a été complétée ailleurs"), texts.join(" "),
      [[gettext("Voir la page à jour"), () => { this.reloading = true; this.soon(0); }]]);
  }

  show(kind, title, text, actions) {
    const box = document.createElement("div");
    box.className = `notice notice-${kind}`;
    box.setAttribute("role", "alert");
    box.tabIndex = -1;
    const inner = document.createElement("div");
    inner.append(line("p", title, "notice-title"), line("p", text));
    const buttons = line("p", "", "actions mt-2");
    for (const [label, act] of actions) {
      const button = line("button", label, "btn btn-secondary btn-sm");
      button.type = "button";
      button.addEventListener("click", () => { box.remove(); act(); });
      buttons.append(button);
    }
    inner.append(buttons);
    box.append(inner);
    this.notice.replaceChildren(box);
    return box;
  }
}

// The questions (names, for a form without) whose texts differ, blanks and spaces apart.
function differing(first, second) {
  const byQuestion = (entries) => {
    const found = new Map();
    for (const [name, value] of entries) {
      const text = value.replace(/\s/g, "");
      if (text) found.set(questionOf(name), [...(found.get(questionOf(name)) ?? []), `${name}\u0000${text}`]);
    }
    return found;
  };
  const [one, other] = [byQuestion(first), byQuestion(second)];
  const textOf = (texts) => (texts ?? []).sort().join("\u0001");
  return new Set([...one.keys(), ...other.keys()].filter((question) => textOf(one.get(question)) !== textOf(other.get(question))));
}

function changedBy({ saved_by: who, saved_at: at }, what) {
  if (who && at) return gettext("%(what)s a été changée par %(who)s le %(at)s (heure de Paris).", { what, who, at });
  if (at) return gettext("%(what)s a été changée ailleurs à %(at)s (heure de Paris).", { what, at });
  return gettext("%(what)s a été changée ailleurs.", { what });
}

function line(tag, text, className = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

function sideBySide(mine, theirs) {
  const box = line("div", "", "versions");
  for (const [title, text] of [[gettext("Votre version"), mine], [gettext("L’autre version"), theirs]]) {
    const side = document.createElement("div");
    side.append(line("p", title, "hint"), line("pre", text));
    box.append(side);
  }
  return box;
}

export function start(root) {
  root.querySelectorAll("form[data-autosave]").forEach((form) => new Autosave(form));
}
