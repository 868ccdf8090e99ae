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

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

// As aap.core.questions.base.condition compares: numbers as numbers, days as days; `01` is a code, a text.
function among(name, values) {
  if (values.includes(name)) return true;
  return NUMBER.test(name) && values.some((value) => !/^0\d/.test(value) && toNumber(value) === Number(name));
}

function reaches(value, bound, side) {
  if (bound === undefined) return true;
  if (DAY.test(bound)) return DAY.test(value) && (value === bound || (value > bound) === (side > 0));
  const number = toNumber(value);
  return number !== null && (number - Number(bound)) * side >= 0;
}

export function holds(condition, values) {
  if (values.length === 0) return false;
  if (condition.equals !== undefined && !among(condition.equals, values)) return false;
  if (condition.one_of !== undefined && !condition.one_of.some((name) => among(name, values))) return false;
  if (condition.contains !== undefined && !among(condition.contains, values)) return false;
  return reaches(values[0], condition.min, 1) && reaches(values[0], condition.max, -1);
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
