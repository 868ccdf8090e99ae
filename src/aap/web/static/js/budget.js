// A budget adds up while it is typed; the server adds up again. Each year has its own cells, totals and balance.

import { euros, toCents } from "./amounts.js";
import { gettext } from "./texts.js";

function sum(budget, side) {
  return [...budget.querySelectorAll(`[data-cell="${side}"]`)].reduce((total, cell) => total + (toCents(cell.value) ?? 0), 0);
}

function balance(budget, place, totals) {
  const year = place.dataset.balance;
  const charges = totals[`charges${year}`] ?? 0;
  const products = totals[`products${year}`] ?? 0;
  const path = year ? `.${year.slice(1)}.request` : ".request";
  const request = toCents(budget.querySelector(`[id$="${path}"]`)?.value ?? "") ?? 0;
  const shown = budget.querySelector("[data-request]");
  if (shown && !year) shown.textContent = euros(request);
  const gap = Math.abs(products - charges);
  const empty = !charges && !products;
  const words = empty
    ? gettext("Aucun montant n’est encore écrit.")
    : gap === 0
      ? gettext("Charges et produits sont égaux.")
      : gettext("Écart entre produits et charges\u00a0: %(gap)s.", { gap: euros(gap) });
  const share = request && products
    ? gettext("La subvention demandée représente %(share)s\u202f%% du total.",
      { share: String(Math.round((request / products) * 1000) / 10).replace(".", ",") })
    : "";
  place.textContent = [year && `${year.slice(1)} –`, words, share].filter(Boolean).join(" ");
  place.classList.toggle("balance-off", empty || gap !== 0);
}

function update(budget) {
  const totals = {};
  for (const output of budget.querySelectorAll("[data-total]")) {
    totals[output.dataset.total] = sum(budget, output.dataset.total);
    output.textContent = euros(totals[output.dataset.total]);
  }
  for (const place of budget.querySelectorAll("[data-balance]")) balance(budget, place, totals);
}

export function start(root) {
  for (const budget of root.querySelectorAll("[data-budget]")) {
    budget.addEventListener("input", () => update(budget));
    update(budget);
  }
}
