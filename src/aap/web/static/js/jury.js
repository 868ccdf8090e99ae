// The jury's room: the effect of a choice appears in place as soon as it is chosen. Without scripts a button asks for it.

const SOON = 400; // milliseconds after the last key of an amount

export function start(root) {
  root.querySelectorAll("form[data-effect]").forEach((form) => {
    const place = root.querySelector("#effet");
    const chosen = () => new URLSearchParams(new FormData(form));
    const typed = new Map(); // outlives an effect whose form lacks a field, as that of a choice that can't be
    let shown = chosen().toString(), asked = 0, waiting;
    const ask = async () => {
      clearTimeout(waiting);
      const values = chosen();
      if (!values.get("choix") || values.toString() === shown) return;
      const mine = ++asked;
      shown = values.toString();
      place.setAttribute("aria-busy", "true");
      try {
        const answer = await fetch(`${form.action.split("#")[0]}?${values}`);
        if (mine !== asked) return;
        if (!answer.ok) throw new Error(answer.statusText);
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        if (mine !== asked) return;
        replace(place, page.querySelector("#effet").childNodes, typed);
        document.dispatchEvent(new CustomEvent("aap:effect", { detail: values })); // for the screens that follow
      } catch { // no network: the button is still there, and what is shown is of an earlier choice
        if (mine === asked) { shown = ""; replace(place, [], typed); }
      } finally {
        if (mine === asked) place.removeAttribute("aria-busy");
      }
    };
    form.addEventListener("change", ask);
    form.addEventListener("input", (event) => {
      if (event.target.name !== "montant") return;
      clearTimeout(waiting);
      waiting = setTimeout(ask, SOON);
    });
    // What is kept is the choice whose effect was read.
    place.addEventListener("submit", (event) => { if (chosen().toString() !== shown || place.hasAttribute("aria-busy")) event.preventDefault(); });
  });
}

function replace(place, nodes, typed) {
  const fields = () => place.querySelectorAll("textarea, select, input:not([type=hidden])");
  const at = document.activeElement?.id;
  fields().forEach((field) => typed.set(field.name, field.value));
  place.replaceChildren(...nodes);
  fields().forEach((field) => { if (typed.get(field.name)) field.value = typed.get(field.name); });
  if (at && document.activeElement?.id !== at) place.querySelector(`#${CSS.escape(at)}`)?.focus();
}
