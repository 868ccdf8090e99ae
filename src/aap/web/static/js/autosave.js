// Saves a page of the dossier while it is typed, and never loses a word: what the server has not acknowledged stays on this
// device (drafts.js) and comes back after a crash.
//
// The form: data-autosave (address), data-draft-key (person/dossier/section), an input named version; data-unsaved where the
// page shows what the server has not stored (two versions).
// POST, form-encoded, without files, answered by JSON:
//   200 {"saved_at": "22:14:03", "version": 4, "errors": {field: text}, "notes": {field: text}}
//   409 {"conflict": {"version": 5, "saved_by": "…", "saved_at": "…", "differences": [{"label", "mine", "theirs"}]}}
//   400, 401, 403, 404: signed out, or the page is too old; 413: too long
//   507: the server has no room; 503: it can't store anything now; these, anything else, and no answer: tried again.

import { announce } from "./announce.js";
import { keepCommune } from "./communes.js";
import { drop, keep, kept } from "./drafts.js";
import { sendOnceMore } from "./resend.js";
import { ensureRows } from "./rows.js";
import { gettext } from "./texts.js";

const REST_AFTER_CHANGE = 600;
const REST_AFTER_TYPING = 2500;
const LONGEST_WAIT = 60000;
const NOT_TYPED = new Set(["csrf_token", "version", "edit"]);

class Autosave {
  constructor(form) {
    this.form = form;
    this.key = form.dataset.draftKey;
    this.version = form.querySelector("input[name=version]");
    this.state = form.querySelector("[data-save-state]");
    this.notice = form.querySelector("[data-save-notice]");
    this.typed = 0; // counts edits, to know whether what was acknowledged is still all
    this.acknowledged = 0;
    this.failures = 0;
    this.touched = new Set();
    this.original = this.entries();
    if ("unsaved" in form.dataset) { this.typed = 1; this.remember(); } else this.restore();
    form.addEventListener("input", (event) => this.edited(event, REST_AFTER_TYPING));
    form.addEventListener("change", (event) => this.edited(event, REST_AFTER_CHANGE));
    form.addEventListener("submit", () => { this.leaving = true; this.remember(); });
    window.addEventListener("online", () => this.dirty && this.soon(0));
    window.addEventListener("pagehide", () => this.dirty && this.remember());
    window.addEventListener("beforeunload", (event) => { if (this.dirty && !this.leaving) event.preventDefault(); });
  }

  get dirty() { return this.typed !== this.acknowledged; }

  entries() {
    return [...new FormData(this.form)].filter(([name, value]) => typeof value === "string" && !NOT_TYPED.has(name));
  }

  edited(event, rest) {
    if (event.target.type === "file") return;
    this.touched.add(event.target.name);
    this.typed += 1;
    clearTimeout(this.remembering);
    this.remembering = setTimeout(() => this.remember(), 250);
    if (!this.saving) this.soon(rest);
  }

  remember() {
    const labels = {};
    this.form.querySelectorAll("[data-chosen] input").forEach((box) => { labels[box.value] = box.parentElement.textContent.trim(); });
    keep(this.key, { version: this.version.value, at: new Date().toISOString(), entries: this.entries(), labels });
  }

  soon(rest) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), rest);
  }

  async save() {
    if (this.conflict || this.leaving) return;
    this.saving = true;
    const typed = this.typed;
    const body = new URLSearchParams(this.entries());
    for (const name of ["csrf_token", "version"]) body.set(name, this.form.elements[name].value);
    this.remember();
    let answer = null;
    try {
      answer = await sendOnceMore(this.form.dataset.autosave, { method: "POST", body, headers: { Accept: "application/json" } });
      await this.take(answer, typed);
    } catch { this.again(answer?.status); }
    this.saving = false;
    if (this.dirty && this.failures === 0 && !this.conflict && !this.stopped) this.soon(REST_AFTER_TYPING);
  }

  async take(answer, typed) {
    if (answer.status === 409) return this.showConflict((await answer.json()).conflict);
    if (answer.redirected || [400, 401, 403, 404].includes(answer.status)) {
      this.say(gettext("Vous n’êtes plus connecté, ou la page est trop ancienne. Votre texte est gardé sur cet appareil\u00a0: "
        + "reconnectez-vous, puis rouvrez cette page."), true);
      this.stopped = true;
      return;
    }
    if (answer.status === 413) return this.say(gettext("Le texte est trop long pour être enregistré. Raccourcissez-le."), true);
    if (!answer.ok) throw new Error(String(answer.status));
    const saved = await answer.json();
    const recovered = this.failures > 0;
    this.failures = 0;
    this.stopped = false;
    this.version.value = saved.version;
    this.acknowledged = typed;
    if (this.dirty) this.remember(); else drop(this.key);
    this.say(gettext("Enregistré à %(at)s", { at: saved.saved_at }), false, recovered || !this.saidOnce);
    this.saidOnce = true;
    this.showMessages(saved.errors ?? {}, saved.notes ?? {});
  }

  again(status) {
    this.failures += 1;
    const wait = Math.min(1000 * 2 ** this.failures, LONGEST_WAIT);
    this.say(this.trouble(status, { seconds: Math.round(wait / 1000) }), true, this.failures === 1);
    this.soon(wait);
  }

  trouble(status, wait) {
    if (status === 507) {
      return gettext("Le serveur n’a plus de place\u00a0: votre texte est gardé sur cet appareil. Nouvel essai dans %(seconds)s\u00a0s. "
        + "Si cela continue, écrivez au service.", wait);
    }
    if (status >= 500) {
      return gettext("Le serveur ne peut rien enregistrer en ce moment\u00a0: votre texte est gardé sur cet appareil. "
        + "Nouvel essai dans %(seconds)s\u00a0s.", wait);
    }
    return gettext("Pas de connexion\u00a0: votre texte est gardé sur cet appareil. Nouvel essai dans %(seconds)s\u00a0s.", wait);
  }

  say(text, wrong, aloud = true) {
    this.state.textContent = text;
    this.state.classList.toggle("save-state-wrong", wrong);
    if (aloud) announce(text);
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

  restore() {
    const draft = kept(this.key);
    if (!draft) return;
    if (same(draft.entries, this.original)) { drop(this.key); return; }
    const at = new Date(draft.at).toLocaleString(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" });
    const newer = draft.version !== this.version.value;
    const text = newer
      ? gettext("Nous avons retrouvé du texte non enregistré, saisi le %(at)s, mais cette page a changé depuis.", { at })
      : gettext("Nous avons retrouvé du texte non enregistré, saisi le %(at)s. Il est de nouveau dans la page.", { at });
    if (!newer) this.refill(draft);
    const actions = newer
      ? [[gettext("Remettre ce texte"), () => this.refill(draft)], [gettext("L’abandonner"), () => drop(this.key)]]
      : [[gettext("Le garder"), () => this.soon(0)], [gettext("L’abandonner"), () => { drop(this.key); this.leaving = true; location.reload(); }]];
    this.show("warning", gettext("Texte retrouvé"), text, actions);
  }

  refill(draft) {
    const values = new Map();
    for (const [name, value] of draft.entries) values.set(name, [...(values.get(name) ?? []), value]);
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
      if (!field.name || NOT_TYPED.has(field.name) || field.type === "file" || field.tagName === "BUTTON") continue;
      const found = values.get(field.name) ?? [];
      if (["radio", "checkbox"].includes(field.type)) field.checked = found.includes(field.value);
      else if (found.length) field.value = found[0];
    }
    this.typed += 1;
    this.form.dispatchEvent(new Event("change", { bubbles: true }));
    this.form.querySelectorAll("[data-max-length], [data-cell]").forEach((field) => field.dispatchEvent(new Event("input", { bubbles: true })));
  }

  // --- somebody else saved meanwhile ----------------------------------------------------------------------------------

  showConflict(conflict) {
    this.conflict = true;
    // The focus stays where the person is typing; the line that follows the page leads to the choice.
    this.say("", true, false);
    const link = line("a", gettext("Deux versions de cette page\u00a0: choisissez celle à garder"));
    link.href = "#deux-versions";
    this.state.append(link);
    const [who, at] = [conflict.saved_by, conflict.saved_at];
    let what = gettext("Cette page a été enregistrée ailleurs.");
    if (who && at) what = gettext("%(who)s a enregistré cette page à %(at)s.", { who, at });
    else if (who) what = gettext("%(who)s a enregistré cette page.", { who });
    else if (at) what = gettext("Cette page a été enregistrée ailleurs à %(at)s.", { at });
    const keepMine = () => { this.conflict = false; this.say("", false, false); this.version.value = conflict.version; this.soon(0); };
    const takeTheirs = () => { drop(this.key); this.leaving = true; location.reload(); };
    const box = this.show("warning", gettext("Deux versions de cette page"),
      `${what} ${gettext("Rien n’est perdu\u00a0: comparez, puis choisissez.")}`,
      [[gettext("Garder ma version"), keepMine], [gettext("Prendre l’autre version"), takeTheirs]]);
    for (const difference of conflict.differences ?? []) {
      const part = document.createElement("div");
      part.append(line("p", difference.label, "fw-semibold mb-1 mt-2"), sideBySide(difference.mine, difference.theirs));
      box.querySelector(".actions").before(part);
    }
    box.id = "deux-versions";
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

function same(first, second) {
  const sorted = (entries) => JSON.stringify(entries
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}\u0000${value.replace(/\s/g, "")}`) // amounts come back with spaces between thousands
    .sort());
  return sorted(first) === sorted(second);
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
