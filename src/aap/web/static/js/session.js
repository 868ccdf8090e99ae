// Warns before a session is over for want of use, with a button that makes it go on, and keeps what was typed.
//
// The dialog: data-session-left (seconds, counted from the page's load), data-session-person. Whatever is asked of the server
// makes the session go on, in whatever tab: each page tells the others until when, and whose it is. Who signs in again in another
// tab goes on in this one. POST to the form's address
// answers {"left": seconds}.

import { announce } from "./announce.js";
import { drop, keep, kept } from "./drafts.js";
import { gettext } from "./texts.js";
import { day, hour } from "./times.js";

const WARNED_BEFORE = 5 * 60;
const END = "aap:session-end";
const TYPED = "textarea, select, input:not([type=hidden]):not([type=password]):not([type=file]):not([type=submit])";

class SessionEnd {
  constructor(dialog) {
    this.dialog = dialog;
    this.form = dialog.querySelector("form");
    this.over = dialog.querySelector("[data-session-over]");
    this.key = `page/${dialog.dataset.sessionPerson}/${location.pathname}${location.search}`;
    const left = Number(dialog.dataset.sessionLeft);
    this.warnedBefore = Math.min(WARNED_BEFORE, left / 2) * 1000;
    this.restore();
    this.goOn(left);
    window.addEventListener("storage", (event) => { if (event.key === END) this.heard(event.newValue); });
    document.addEventListener("aap:session-left", (event) => this.goOn(event.detail));
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.look(); });
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.stay(); });
    dialog.addEventListener("cancel", (event) => { event.preventDefault(); if (this.over.hidden) this.stay(); else dialog.close(); });
  }

  goOn(seconds) {
    const end = Date.now() + seconds * 1000;
    try { localStorage.setItem(END, JSON.stringify([end, this.dialog.dataset.sessionPerson])); } catch { /* the other tabs warn by themselves */ }
    this.until(end);
  }

  heard(text) {
    let [end, person] = [0, ""];
    try { [end, person] = JSON.parse(text); } catch { return; }
    if (person !== this.dialog.dataset.sessionPerson || end <= this.end) return;
    this.until(end);
    window.dispatchEvent(new Event("aap:signed-in"));
  }

  until(end) {
    this.end = end;
    if (this.dialog.open) this.dialog.close();
    if (!this.over.hidden) {
      this.over.hidden = true;
      this.form.hidden = false;
      this.dialog.removeAttribute("aria-label");
      this.dialog.setAttribute("aria-labelledby", this.form.querySelector("h2").id);
      drop(this.key); // what was typed is in this page still
    }
    this.look();
  }

  // Timers stand still while a device sleeps: what counts is the time of day.
  look() {
    clearTimeout(this.timer);
    const left = this.end - Date.now();
    if (left <= 0) { this.say(); return; }
    if (left <= this.warnedBefore) this.warn();
    const next = left > this.warnedBefore ? left - this.warnedBefore : left;
    this.timer = setTimeout(() => this.look(), Math.min(next + 50, 60000));
  }

  warn() {
    if (this.dialog.open) return;
    this.remember();
    this.dialog.querySelector("[data-session-at]").textContent = hour(this.end);
    this.dialog.showModal();
  }

  say() {
    this.remember();
    this.form.hidden = true;
    this.over.hidden = false;
    this.dialog.setAttribute("aria-labelledby", "");
    this.dialog.setAttribute("aria-label", this.over.querySelector("h2").textContent);
    const link = this.over.querySelector("a");
    link.href = `${link.pathname}?next=${encodeURIComponent(location.pathname + location.search)}`;
    if (!this.dialog.open) this.dialog.showModal();
    link.focus();
  }

  async stay() {
    try {
      const answer = await fetch(this.form.action, { method: "POST", body: new URLSearchParams(new FormData(this.form)), headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) { this.end = Date.now(); this.say(); return; }
      const { left } = await answer.json();
      this.dialog.close();
      this.goOn(left);
      announce(gettext("Vous restez connecté."));
    } catch {
      announce(gettext("Pas de connexion\u00a0: réessayez."));
    }
  }

  // --- what was typed in forms that save nothing by themselves -----------------------------------------------------------

  fields() {
    return [...document.querySelectorAll("main form[method=post]:not([data-autosave]), [data-autosave] .comments")].flatMap((form, at) =>
      [...form.querySelectorAll(TYPED)].filter((field) => field.name).map((field, index) => [`${at}/${field.name}/${index}`, field]));
  }

  remember() {
    const typed = this.fields().filter(([, field]) => changed(field)).map(([name, field]) =>
      [name, ["radio", "checkbox"].includes(field.type) ? field.checked : field.value]);
    if (typed.length) keep(this.key, { at: new Date().toISOString(), typed });
  }

  restore() {
    const draft = kept(this.key);
    if (!draft) return;
    drop(this.key);
    const typed = new Map(draft.typed);
    const found = this.fields().filter(([name]) => typed.has(name));
    for (const [name, field] of found) {
      const value = typed.get(name);
      if (typeof value === "boolean") field.checked = value; else field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
    if (!found.length) return;
    const values = { day: day(draft.at), hour: hour(draft.at) };
    const box = document.createElement("div");
    box.className = "notice notice-warning";
    box.setAttribute("role", "status");
    const words = document.createElement("p");
    words.textContent = gettext("Nous avons remis dans la page ce que vous aviez saisi avant d’être déconnecté, le %(day)s à %(hour)s (heure de Paris). Rien n’est encore enregistré.", values);
    box.append(words);
    document.querySelector("main").prepend(box);
  }
}

// Whether a field holds something else than the server gave.
export function changed(field) {
  if (["radio", "checkbox"].includes(field.type)) return field.checked !== field.defaultChecked;
  if (["hidden", "file"].includes(field.type) || field.value === undefined || field.tagName === "BUTTON") return false;
  if (field.type === "select-multiple") return [...field.options].some((option) => option.selected !== option.defaultSelected);
  if (field.tagName === "SELECT") { // where none is marked the first one is chosen
    const given = [...field.options].findLastIndex((option) => option.defaultSelected);
    return field.selectedIndex !== (given < 0 && field.options.length ? 0 : given);
  }
  return field.value !== field.defaultValue;
}

export function start(root) {
  root.querySelectorAll("[data-session-left]").forEach((dialog) => new SessionEnd(dialog));
}
