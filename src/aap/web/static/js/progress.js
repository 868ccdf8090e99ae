// Follows a long job: asks the server every second or two, and reloads the page when it is done. Where somebody has begun to type
// meanwhile a link does it.

import { changed } from "./session.js";
import { gettext } from "./texts.js";

function show(words) {
  if (![...document.forms].some((form) => [...form.elements].some(changed))) { location.reload(); return; }
  const link = document.createElement("a");
  link.href = location.href;
  link.textContent = gettext("C’est fait\u00a0: actualiser la page");
  words.replaceChildren(link);
}

export function start(root) {
  root.querySelectorAll("[data-progress]").forEach((place) => {
    const bar = place.querySelector("progress");
    const words = place.querySelector("[data-progress-words]");
    let wait = 1000;
    const ask = async () => {
      try {
        const answer = await fetch(place.dataset.progress, { headers: { Accept: "application/json" } });
        const state = await answer.json();
        bar.max = state.total || 1;
        bar.value = state.done;
        words.textContent = state.message || (state.total ? `${state.done} / ${state.total}` : "…");
        if (state.finished) { show(words); return; }
        wait = 1000;
      } catch { wait = Math.min(wait * 2, 15000); } // no network: ask less often
      setTimeout(ask, wait);
    };
    setTimeout(ask, wait);
  });
}
