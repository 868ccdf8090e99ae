// A budget adds up while it is typed; the server adds up again.

import { euros, toCents } from "./amounts.js";
import { gettext } from "./texts.js";

function sum(budget, side) {
  return [...budget.querySelectorAll(`[data-cell="${side}"]`)].reduce((total, cell) => total + (toCents(cell.value) ?? 0), 0);
}

function update(budget) {
  const totals = {};
  for (const output of budget.querySelectorAll("[data-total]")) {
    totals[output.dataset.total] = sum(budget, output.dataset.total);
    output.textContent = euros(totals[output.dataset.total]);
  }
  const { charges = 0, products = 0 } = totals;
  const request = toCents(budget.querySelector('[id$=".request"]')?.value ?? "") ?? 0;
  const gap = Math.abs(products - charges);
  const empty = charges === 0 && products === 0;
  const balance = empty ? gettext("Aucun montant n’est encore saisi.") : gap === 0
    ? gettext("Charges et produits sont égaux.")
    : gettext("Écart entre produits et charges\u00a0: %(gap)s.", { gap: euros(gap) });
  const share = request && products
    ? gettext("La subvention demandée représente %(share)s\u202f%% du total.",
      { share: String(Math.round((request / products) * 1000) / 10).replace(".", ",") })
    : "";
  const place = budget.querySelector("[data-balance]");
  place.textContent = [balance, share].filter(Boolean).join(" ");
  place.classList.toggle("balance-empty", empty);
  place.classList.toggle("balance-off", gap !== 0);
}

export function start(root) {
  for (const budget of root.querySelectorAll("[data-budget]")) {
    budget.addEventListener("input", () => update(budget));
    update(budget);
  }
}
