// Suggestions of communes while typing: an accessible combobox (WAI-ARIA 1.2, list autocomplete with manual selection).
// Without it the text is posted and the server finds the commune, or asks which one.

import { announce } from "./announce.js";
import { changed } from "./session.js";
import { gettext, ngettext } from "./texts.js";

const PAUSE = 180; // ms of rest before asking

class Combobox {
  constructor(holder) {
    this.input = holder.querySelector("input[type=text]");
    this.code = holder.querySelector("input[type=hidden]");
    this.address = holder.dataset.communes;
    this.several = holder.closest("[data-several-communes]");
    this.options = [];
    this.active = -1;
    this.list = document.createElement("ul");
    this.list.className = "combo-list";
    this.list.id = `${this.input.id}-list`;
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", gettext("Communes proposées"));
    holder.append(this.list);
    this.input.setAttribute("role", "combobox");
    this.input.setAttribute("aria-autocomplete", "list");
    this.input.setAttribute("aria-expanded", "false");
    this.input.setAttribute("aria-controls", this.list.id);
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // the text keeps the focus
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(Number(option.dataset.index));
    });
    this.several?.querySelector("[data-add-commune]").addEventListener("click", (event) => {
      if (this.options.length === 1) { event.preventDefault(); this.choose(0); }
    });
    if (document.activeElement === this.input && changed(this.input)) this.typed(); // before this script was here
  }

  typed() {
    this.code.value = "";
    this.giveUp();
    this.pause = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    const query = this.input.value.trim();
    this.close();
    if (query.length < 2 || document.activeElement !== this.input) return;
    const request = new AbortController();
    this.request = request;
    try {
      const answer = await fetch(`${this.address}?q=${encodeURIComponent(query)}`, { signal: request.signal });
      const found = answer.ok ? await answer.json() : [];
      if (this.request === request) this.show(found); // a late answer opens nothing over what the person has gone on to
    } catch { /* no network: the server will find the commune when the page is sent */ }
  }

  show(found) {
    this.options = found;
    this.active = -1;
    this.list.replaceChildren(...found.map((one, index) => {
      const option = document.createElement("li");
      option.id = `${this.list.id}-${index}`;
      option.dataset.index = String(index);
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.textContent = `${one.label}, ${one.postal}`;
      return option;
    }));
    this.list.hidden = found.length === 0;
    this.input.setAttribute("aria-expanded", String(found.length > 0));
    this.list.scrollIntoView({ block: "nearest" }); // on a phone it opens below what is seen
    announce(found.length
      ? ngettext("%(num)s commune\u00a0: flèches pour parcourir", "%(num)s communes\u00a0: flèches pour parcourir", found.length)
      : gettext("Aucune commune trouvée"));
  }

  key(event) {
    if (event.key === "Escape") this.giveUp(); // also of what was asked and has not come
    if (this.list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.move((this.active + step + this.options.length) % this.options.length);
    } else if (event.key === "Enter" && this.active >= 0) {
      event.preventDefault();
      this.choose(this.active);
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.close();
    }
  }

  move(index) {
    this.active = index;
    [...this.list.children].forEach((option, place) => option.setAttribute("aria-selected", String(place === index)));
    this.input.setAttribute("aria-activedescendant", `${this.list.id}-${index}`);
    this.list.children[index].scrollIntoView({ block: "nearest" });
  }

  choose(index) {
    const one = this.options[index];
    if (!one) return;
    if (this.several) {
      keepCommune(this.several, this.input.name, one.code, one.label);
      this.input.value = "";
    } else {
      this.input.value = one.label;
      this.code.value = one.code;
    }
    this.close();
    announce(gettext("%(commune)s\u00a0: choisie", { commune: one.label }));
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  giveUp() {
    clearTimeout(this.pause);
    this.request?.abort();
    this.request = null;
  }

  // Closes the list and gives up what was asked: leaving the field, choosing and typing on all come here.
  close() {
    this.giveUp();
    this.list.hidden = true;
    this.active = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}

// Adds a commune to the list of chosen ones, once.
export function keepCommune(several, name, code, label) {
  const list = several.querySelector("[data-chosen]");
  const there = list.querySelector(`input[value="${CSS.escape(code)}"]`);
  if (there) { there.checked = true; return; }
  const item = document.createElement("li");
  const text = document.createElement("label");
  const box = document.createElement("input");
  Object.assign(box, { type: "checkbox", className: "form-check-input", name: `${name}.codes`, value: code, checked: true });
  text.append(box, ` ${label}`);
  item.append(text);
  list.append(item);
}

export function start(root) {
  const dress = (part) => part.querySelectorAll("[data-communes]").forEach((holder) => new Combobox(holder));
  dress(root);
  root.addEventListener("aap:added", (event) => dress(event.target));
}
