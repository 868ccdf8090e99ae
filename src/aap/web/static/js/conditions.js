// Shows and hides the questions that depend on an answer of the same page (a block first, then the page).
// Where the answer is on another page, the server's choice stays.

import { toCents, toNumber } from "./amounts.js";

// Euros as the server stores them; nothing where it would refuse what is typed.
function amountOf(text) {
  const cents = text.trim() === "" ? null : toCents(text);
  return cents === null ? "" : String(cents / 100);
}

function answersOf(scope, question) {
  const holder = [...scope.querySelectorAll(`[data-question="${CSS.escape(question)}"]`)]
    .find((found) => found.closest("[data-row]") === (scope.matches?.("[data-row]") ? scope : null));
  if (!holder || holder.closest("[hidden]")) return holder ? [] : null;
  return [...holder.querySelectorAll("input, select, textarea")]
    .filter((input) => !input.name.endsWith(".detail") && input.closest("[data-question]") === holder)
    .filter((input) => !["radio", "checkbox"].includes(input.type) || input.checked)
    .map((input) => (input.hasAttribute("data-amount") ? amountOf(input.value) : input.value.trim()))
    .filter((value) => value !== "");
}

export function holds(condition, values) {
  if (values.length === 0) return false;
  if (condition.equals !== undefined && !values.includes(condition.equals)) return false;
  if (condition.one_of !== undefined && !condition.one_of.some((value) => values.includes(value))) return false;
  if (condition.contains !== undefined && !values.includes(condition.contains)) return false;
  if (condition.min !== undefined || condition.max !== undefined) {
    const number = toNumber(values[0]);
    if (number === null) return false;
    if (condition.min !== undefined && number < Number(condition.min)) return false;
    if (condition.max !== undefined && number > Number(condition.max)) return false;
  }
  return true;
}

export function update(root) {
  root.querySelectorAll("[data-show-if]").forEach((element) => {
    const condition = JSON.parse(element.dataset.showIf);
    if (!condition.question) return;
    const block = element.closest("[data-row]");
    const values = (block && answersOf(block, condition.question)) ?? answersOf(document, condition.question);
    if (values !== null) element.hidden = !holds(condition, values);
  });
}

export function start(root) {
  root.addEventListener("change", () => update(root));
  root.addEventListener("aap:added", () => update(root));
  update(root);
}
