// Sends the chosen files at once, apart from the page: progress, another try after a cut, and the list as the server has it.
// Without this the button « Envoyer » posts them with the page.
//
// The input: data-upload (address), data-largest (megabytes a file), name. POST multipart, answered by JSON:
//   200 {"html": the question as it now stands}; 422, 507 {"error": why it is refused}; 413: too heavy
//   another fault of the server, or no answer: tried again (the same file is kept once).
// What is heavy goes in pieces: { upload: the files' names, sizes and days of change, place, offset, piece }, each answered by
// {"received": bytes of this file}, from where the next one goes on, also when the same files are chosen again after a cut.

import { announce } from "./announce.js";
import { tell } from "./offline.js";
import { gettext } from "./texts.js";

const LONGEST_WAIT = 30000;
const PIECE = 500000;
const MOST_IN_PIECES = 30;
const TOLD_APART = [400, 401, 403, 404];

const underWay = new Set();
let waiting = null; // the button that was pressed while files were on their way

// A button waits for them: posted with the page they would all start again from their first byte.
function submitted(event) {
  if (!underWay.size) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  waiting = event.submitter;
  tell(waiting, gettext("Des fichiers sont encore en route. La suite s’ouvrira dès qu’ils seront arrivés."));
}

function arrived(upload, whole) {
  underWay.delete(upload);
  if (!whole && waiting) { // refused or cancelled: to be seen first
    waiting = null;
    document.querySelector("[data-no-network]")?.remove();
  }
  if (underWay.size || !waiting) return;
  const button = waiting;
  waiting = null;
  button.form.requestSubmit(button);
}

class Upload {
  constructor(input) {
    this.input = input;
    this.form = input.closest("form");
    this.field = input.closest(".question");
    this.failures = 0;
    this.files = [...input.files];
    this.total = this.files.reduce((sum, file) => sum + file.size, 0);
    this.inPieces = this.total > PIECE && this.files.length <= MOST_IN_PIECES;
    this.place = 0; // the file under way, and how much of it the server has; null: to be asked
    this.offset = null;
    this.box = this.made();
  }

  made() {
    const place = document.createElement("div");
    place.className = "upload";
    const words = document.createElement("p");
    words.className = "hint";
    words.dataset.words = "";
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", gettext("Envoi du fichier"));
    const stop = document.createElement("button");
    stop.type = "button";
    stop.className = "btn btn-link btn-sm";
    stop.textContent = gettext("Annuler l’envoi");
    stop.addEventListener("click", () => { this.input.value = ""; this.end(); });
    place.append(words, bar, stop);
    this.input.closest(".with-suffix").after(place);
    return place;
  }

  begin() {
    this.input.setAttribute("aria-busy", "true");
    const reduced = [...this.field.querySelectorAll("input[type=checkbox][data-with-upload]")].some((box) => box.checked);
    const most = reduced ? 0 : Number(this.input.dataset.largest) * 1000000;
    const heavy = this.files.find((file) => most && file.size > most && !file.type.startsWith("image/"));
    if (heavy) {
      this.refuse(gettext("%(name)s\u00a0: ce fichier dépasse %(largest)s\u00a0Mo. Réduisez-le, ou envoyez-le en plusieurs fichiers.",
        { name: heavy.name, largest: this.input.dataset.largest }));
      return;
    }
    underWay.add(this);
    this.send();
  }

  // What is posted next: a piece, the word that all is there, or small files as they are.
  body() {
    const body = new FormData();
    body.set("csrf_token", this.form.elements.csrf_token.value);
    if (!this.inPieces) for (const file of this.files) body.append(this.input.name, file);
    else {
      body.set("upload", JSON.stringify(this.files.map((file) => [file.name, file.size, file.lastModified])));
      if (this.place < this.files.length) {
        body.set("place", this.place);
        body.set("offset", this.offset ?? 0);
        if (this.offset !== null) body.set("piece", this.files[this.place].slice(this.offset, this.offset + PIECE), "piece");
        return body;
      }
    }
    for (const one of this.field.querySelectorAll("[data-with-upload]")) {
      if (one.type !== "checkbox" || one.checked) body.set(one.name, one.value);
    }
    return body;
  }

  // Bytes of the files before the one under way, and of what the server has of it.
  get done() {
    return this.files.slice(0, this.place).reduce((sum, file) => sum + file.size, 0) + (this.offset ?? 0);
  }

  send() {
    const body = this.body();
    const request = new XMLHttpRequest();
    this.request = request;
    request.open("POST", this.input.dataset.upload);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => {
      const sent = event.lengthComputable ? event.loaded / event.total : 0;
      const share = this.inPieces ? Math.min(1, (this.done + (this.place < this.files.length ? sent * PIECE : 0)) / this.total) : sent;
      this.box.querySelector("progress").value = share;
      this.say(share < 1
        ? gettext("Envoi\u00a0: %(share)s\u00a0%%", { share: Math.floor(share * 100) })
        : gettext("Vérification du fichier…"));
    });
    request.addEventListener("load", () => this.take(request));
    request.addEventListener("error", () => this.again());
    request.addEventListener("timeout", () => this.again());
    request.send(body);
    this.say(gettext("Envoi…"));
  }

  take(request) {
    let answer = {};
    try { answer = JSON.parse(request.responseText); } catch { /* a page of words: its status tells */ }
    if (request.status === 200 && answer.html) { this.show(answer.html); return; }
    if (request.status === 200) { this.goOn(answer.received); return; }
    if (answer.error && [422, 507].includes(request.status)) { this.refuse(answer.error); return; }
    if (request.status === 413) { this.refuse(gettext("Cet envoi est trop lourd. Envoyez un fichier plus léger, ou les fichiers un par un.")); return; }
    if (TOLD_APART.includes(request.status)) {
      this.refuse(gettext("Vous n’êtes plus connecté, ou cette page est fermée. Reconnectez-vous, rouvrez cette page et recommencez."));
      return;
    }
    this.again();
  }

  goOn(received) {
    if (this.place >= this.files.length) { // the server has forgotten some of them
      this.place = 0;
      this.offset = null;
      this.again();
      return;
    }
    this.failures = 0;
    const complete = received >= this.files[this.place].size;
    if (complete) this.place += 1;
    this.offset = complete ? null : received;
    this.send();
  }

  again() {
    this.failures += 1;
    const wait = Math.min(1000 * 2 ** this.failures, LONGEST_WAIT);
    this.say(gettext("La connexion a été coupée. Nouvel essai dans %(seconds)s\u00a0s.", { seconds: Math.round(wait / 1000) }));
    if (this.failures === 1) announce(gettext("La connexion a été coupée. L’envoi reprendra tout seul."));
    const retry = () => { clearTimeout(this.timer); window.removeEventListener("online", retry); if (!this.ended) this.send(); };
    window.addEventListener("online", retry);
    this.timer = setTimeout(retry, wait);
  }

  say(text) { this.box.querySelector("[data-words]").textContent = text; }

  show(html) {
    this.ended = true;
    const here = [null, document.body].includes(document.activeElement) || this.field.contains(document.activeElement);
    const pattern = document.createElement("template");
    pattern.innerHTML = html;
    this.field.replaceChildren(pattern.content);
    dress(this.field);
    const next = this.field.querySelector("input[type=file]") ?? this.field.querySelector("[tabindex]");
    if (here) next?.focus(); // not away from what the person went on to meanwhile
    announce(gettext("Le fichier est enregistré."));
    arrived(this, true);
  }

  refuse(text) {
    const { id } = this.input;
    let error = document.getElementById(`${id}-error`);
    if (!error) {
      error = document.createElement("p");
      error.id = `${id}-error`;
      error.className = "field-error";
      this.input.closest(".with-suffix").before(error);
    }
    error.textContent = text;
    const described = new Set((this.input.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
    this.input.setAttribute("aria-describedby", [...described.add(error.id)].join(" "));
    this.input.setAttribute("aria-invalid", "true");
    this.input.value = "";
    this.end();
    announce(text);
  }

  end() {
    this.ended = true;
    clearTimeout(this.timer);
    this.request?.abort();
    this.box.remove();
    this.input.removeAttribute("aria-busy");
    arrived(this, false);
  }
}

function dress(root) {
  root.querySelectorAll("input[data-upload]").forEach((input) => {
    input.closest(".with-suffix").querySelector("button")?.setAttribute("hidden", "");
    input.addEventListener("change", () => { if (input.files.length) new Upload(input).begin(); });
  });
}

export function start(root) {
  dress(root);
  root.addEventListener("submit", submitted, true);
  window.addEventListener("beforeunload", (event) => { if (underWay.size) event.preventDefault(); });
}
