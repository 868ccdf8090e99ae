// The jury's room: the effect of a choice appears in place as soon as it is chosen. Without scripts a button asks for it.

const SOON = 400; // milliseconds after the last key of an amount

export function start(root) {
  root.querySelectorAll("form[data-effect]").forEach((form) => {
    let asked = 0, waiting, reason = ""; // the reason typed outlives a choice that can't be
    const ask = async () => {
      const values = new URLSearchParams(new FormData(form));
      if (!values.get("choix")) return;
      const mine = ++asked;
      const place = root.querySelector("#effet");
      place.setAttribute("aria-busy", "true");
      try {
        const answer = await fetch(`${form.action.split("#")[0]}?${values}`);
        if (mine !== asked || !answer.ok) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        reason = place.querySelector("[name=motif]")?.value ?? reason;
        place.replaceChildren(...page.querySelector("#effet").childNodes);
        const field = place.querySelector("[name=motif]");
        if (field && reason) field.value = reason;
      } catch { /* no network: the button is still there */ } finally {
        if (mine === asked) place.removeAttribute("aria-busy");
      }
    };
    form.addEventListener("change", ask);
    form.addEventListener("input", (event) => {
      if (event.target.name !== "montant") return;
      clearTimeout(waiting);
      waiting = setTimeout(ask, SOON);
    });
  });
}
