// Cells copied from a spreadsheet fill the cells of a table from the one where they are pasted. In a budget, a line that
// begins with an account's number goes to that account; else lines follow each other.

import { announce } from "./announce.js";
import { isFigure } from "./amounts.js";
import { addRow } from "./rows.js";
import { ngettext } from "./texts.js";

function put(input, text) {
  input.value = text.trim();
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

function inputsOf(row) { return [...row.querySelectorAll("td input:not([type=hidden])")]; }

function intoTable(target, lines) {
  const container = target.closest("[data-rows]");
  let row = target.closest("tr");
  const first = inputsOf(row).indexOf(target);
  let filled = 0;
  for (const line of lines) {
    if (!row) row = addRow(container);
    if (!row) break;
    const inputs = inputsOf(row);
    line.forEach((text, column) => { if (inputs[first + column]) { put(inputs[first + column], text); filled += 1; } });
    row = row.nextElementSibling;
  }
  return filled;
}

function intoBudget(target, lines) {
  const budget = target.closest("[data-budget]");
  const name = target.id.slice(0, target.id.lastIndexOf("."));
  const cells = [...target.closest("table").querySelectorAll("[data-cell]")];
  let next = cells.indexOf(target);
  let filled = 0;
  for (const line of lines) {
    const named = line.length > 1 ? budget.querySelector(`#${CSS.escape(`${name}.${line[0].trim()}`)}[data-cell]`) : null;
    const amounts = (named ? line.slice(1) : line).filter(isFigure);
    const cell = named ?? cells[next++];
    if (cell && amounts.length) { put(cell, amounts[amounts.length - 1]); filled += 1; }
  }
  return filled;
}

function onPaste(event) {
  const target = event.target.closest("[data-paste] input");
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!target || !/[\t\n]/.test(text.trim())) return;
  event.preventDefault();
  const lines = text.replace(/\r\n?/g, "\n").replace(/\n+$/, "").split("\n").map((line) => line.split("\t"));
  const filled = target.matches("[data-cell]") ? intoBudget(target, lines) : intoTable(target, lines);
  target.dispatchEvent(new Event("change", { bubbles: true }));
  announce(ngettext("%(num)s\u00a0case remplie depuis le tableur.", "%(num)s\u00a0cases remplies depuis le tableur.", filled));
}

export function start(root) {
  root.addEventListener("paste", onPaste);
}
