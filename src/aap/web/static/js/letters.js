// Shows the letter as it would be with what is typed, a moment after the last key. Without scripts a button does it.

import { gettext } from "./texts.js";

const PAUSE = 600; // ms

export function start(root) {
  root.querySelectorAll("[data-letter-preview]").forEach((place) => {
    const form = place.querySelector("form");
    const shown = place.querySelector("[data-preview]");
    const words = place.querySelector("[data-preview-words]");
    let timer = 0;
    let asked = 0;
    const show = async () => {
      asked += 1;
      const mine = asked;
      try {
        const answer = await fetch(place.dataset.letterPreview, { method: "POST", body: new FormData(form) });
        if (!answer.ok || mine !== asked) return; // a later one is under way, or nobody is signed in any more
        shown.innerHTML = await answer.text();
        words.textContent = gettext("Aperçu mis à jour.");
      } catch { /* no network: the button stays */ }
    };
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(show, PAUSE);
    });
  });
}
