// Without a network a button, or a link of the page, answers on the page: the browser's own error would take the page away.

import { announce } from "./announce.js";
import { gettext } from "./texts.js";

export function tell(from, text) {
  document.querySelectorAll("[data-no-network]").forEach((old) => old.remove());
  const place = document.createElement("p");
  place.className = "notice notice-warning";
  place.dataset.noNetwork = "";
  place.textContent = text ?? gettext("Pas de connexion\u00a0: rien n’est envoyé, rien n’est perdu. Restez sur cette page et réessayez "
    + "quand la connexion est revenue.");
  (from?.closest(".actions, p, li, form") ?? document.querySelector("main")).after(place);
  place.scrollIntoView({ block: "nearest" });
  announce(place.textContent);
  window.addEventListener("online", () => place.remove(), { once: true });
}

function stop(event, from) {
  if (navigator.onLine) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  tell(from);
}

export function start(root) {
  root.addEventListener("submit", (event) => stop(event, event.submitter ?? event.target), true);
  root.addEventListener("click", (event) => {
    const link = event.target.closest("main a[href]");
    const elsewhere = link && link.origin === location.origin && (link.pathname !== location.pathname || link.search !== location.search);
    if (elsewhere && !event.defaultPrevented) stop(event, link);
  });
}
