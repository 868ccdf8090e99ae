// Cells copied from a spreadsheet fill the cells of a table from the one where they are pasted. In a budget, a line that
// begins with an account's number goes to that account; else lines follow each other.

import { announce } from "./announce.js";
import { isFigure } from "./amounts.js";
import { addRow } from "./rows.js";
import { ngettext } from "./texts.js";

// The cells of copied text: spreadsheets put a cell with line breaks, tabs or quotes between quotes, its own quotes doubled.
export function cellsOf(text) {
  const lines = [[]];
  const part = /(?:"((?:[^"]|"")*)"(?=[\t\n]|$)|([^\t\n]*))(\t|\n|$)/y;
  const whole = text.replace(/\r\n?/g, "\n").replace(/\n+$/, "");
  while (part.lastIndex <= whole.length) {
    const [, quoted, plain, end] = part.exec(whole);
    lines.at(-1).push((quoted?.replaceAll('""', '"') ?? plain).replace(/\s*\n\s*/g, " "));
    if (end === "\n") lines.push([]);
    if (end === "") break;
  }
  return lines;
}

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

// The cells of a line of the budget from this one on, one a year; what was granted is apart.
function yearsOf(cell) {
  const all = [...(cell.closest("tr")?.querySelectorAll("[data-cell]") ?? [])].filter((one) => one.dataset.cell !== "obtained");
  return all.includes(cell) ? all.slice(all.indexOf(cell)) : [cell];
}

function intoBudget(target, lines) {
  const budget = target.closest("[data-budget]");
  const name = target.id.slice(0, target.id.lastIndexOf("."));
  // The request stands above the table; where the sheet has its line, it goes there.
  const asked = budget.querySelector("[data-asked]");
  const own = `[data-cell="${target.dataset.cell}"]`;
  const cells = [...target.closest("table, .field").querySelectorAll(`${own}, [data-request]`)]
    .map((cell) => (cell.matches("[data-request]") ? asked : cell));
  let next = cells.indexOf(target);
  let filled = 0;
  for (const line of lines) {
    const named = line.length > 1 ? budget.querySelector(`#${CSS.escape(`${name}.${line[0].trim()}`)}[data-cell]`) : null;
    const cell = named ?? cells[next++];
    if (!cell) continue;
    // The amounts at the line's end, one for each year from this one on.
    const columns = yearsOf(cell);
    const amounts = (named ? line.slice(1) : line).filter((text) => text.trim() !== "");
    const figures = amounts.slice(amounts.findLastIndex((text) => !isFigure(text)) + 1).slice(-columns.length);
    figures.forEach((text, column) => put(columns[column], text));
    filled += figures.length;
  }
  return filled;
}

function onPaste(event) {
  const target = event.target.closest("[data-paste] input");
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!target || !/[\t\n]/.test(text.trim())) return;
  event.preventDefault();
  const lines = cellsOf(text);
  const filled = target.matches("[data-cell]") ? intoBudget(target, lines) : intoTable(target, lines);
  target.dispatchEvent(new Event("change", { bubbles: true }));
  announce(ngettext("%(num)s\u00a0case remplie depuis le tableur.", "%(num)s\u00a0cases remplies depuis le tableur.", filled));
}

export function start(root) {
  root.addEventListener("paste", onPaste);
}
