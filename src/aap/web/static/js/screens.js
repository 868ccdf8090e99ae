// The screens of the jury's room: the page that leads tells what it has before it, those that follow ask whether it changed.

import { announce } from "./announce.js";
import { gettext } from "./texts.js";

const EVERY = 2000, AT_MOST = 15000; // milliseconds

export function start(root) {
  root.querySelectorAll("form[data-screens]").forEach(lead);
  root.querySelectorAll("[data-screen]").forEach(follow);
}

function lead(form) {
  const said = form.querySelector("[data-said]");
  let busy = false, again = false;
  const tell = async () => {
    again = true;
    if (busy) return;
    busy = true;
    while (again) {
      again = false;
      try {
        const body = new URLSearchParams(new FormData(form));
        body.set("suivi", "json");
        const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
        if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
        const { shown, message } = await answer.json();
        said.textContent = shown ? gettext("Les écrans montrent cette page.") : message;
      } catch {
        said.textContent = gettext("Les écrans n’ont pas suivi\u00a0: montrez-leur cette page par le bouton.");
      }
    }
    busy = false;
  };
  document.addEventListener("aap:effect", (event) => {
    for (const name of ["choix", "montant"]) form.elements[name].value = event.detail.get(name) ?? "";
    tell();
  });
  tell();
}

function follow(place) {
  const said = document.querySelector("[data-screen-said]");
  let wait = EVERY;
  const read = async (address, type) => {
    const answer = await fetch(address, { headers: { Accept: type } });
    if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
    return answer;
  };
  const ask = async () => {
    try {
      const { version } = await (await read(place.dataset.screen, "application/json")).json();
      if (version !== place.dataset.version) {
        const page = new DOMParser().parseFromString(await (await read(location.href, "text/html")).text(), "text/html");
        const fresh = page.querySelector("[data-screen]");
        place.replaceChildren(...fresh.childNodes);
        place.dataset.version = fresh.dataset.version;
        announce([...place.querySelectorAll("h1, .panel .lead")].map((one) => one.textContent.replace(/\s+/g, " ").trim()).join(" "));
        // The page was read anew, so the session goes on, as session.js must know.
        const left = page.querySelector("[data-session-left]")?.dataset.sessionLeft;
        if (left) document.dispatchEvent(new CustomEvent("aap:session-left", { detail: Number(left) }));
      }
      said.textContent = "";
      wait = EVERY;
    } catch {
      said.textContent = gettext("Cet écran ne suit plus\u00a0: vérifiez la connexion, puis actualisez.");
      wait = Math.min(wait * 2, AT_MOST);
    }
    setTimeout(ask, wait);
  };
  setTimeout(ask, wait);
}
