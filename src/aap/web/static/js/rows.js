// Rows of a table and blocks of a group: added and removed in the page. Without this the same buttons post the form.
// The markup: [data-rows=NAME] holds [data-list] of [data-row], a <template> that holds row 9999, and a [data-add] button.

import { announce } from "./announce.js";
import { gettext } from "./texts.js";

const PATTERN = "9999";
const NAMED = ["name", "id", "for", "value", "aria-describedby", "data-rows"];

function listOf(container) { return container.querySelector("[data-list]"); }
function rowsOf(container) { return [...listOf(container).children].filter((child) => child.matches("[data-row]")); }

function escaped(text) { return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"); }

// Puts row number `index` into every name that belongs to this row, templates of inner lists included.
function number(row, name, index) {
  const own = new RegExp(`${escaped(name)}\\.\\d+`, "g");
  for (const element of [row, ...row.querySelectorAll("*")]) {
    for (const attribute of NAMED) {
      const value = element.getAttribute(attribute);
      if (value?.includes(`${name}.`)) element.setAttribute(attribute, value.replace(own, `${name}.${index}`));
    }
    if (element.tagName === "TEMPLATE") element.innerHTML = element.innerHTML.replace(own, `${name}.${index}`);
    if (element.matches("[data-number]") && element.closest("[data-row]") === row) element.textContent = String(index + 1);
  }
}

function renumber(container) {
  const name = container.dataset.rows;
  rowsOf(container).forEach((row, index) => number(row, name, index));
  const most = Number(container.dataset.most || 200);
  container.querySelector(":scope > [data-add]").hidden = rowsOf(container).length >= most;
}

// The new row, or null where the list is full.
export function addRow(container) {
  const most = Number(container.dataset.most || 200);
  if (rowsOf(container).length >= most) return null;
  const name = container.dataset.rows;
  const pattern = container.querySelector(":scope > template");
  const row = pattern.content.querySelector("[data-row]").cloneNode(true);
  number(row, name, rowsOf(container).length);
  listOf(container).append(row);
  renumber(container);
  row.dispatchEvent(new CustomEvent("aap:added", { bubbles: true }));
  return row;
}

// As many rows as a text kept on this device has.
export function ensureRows(container, wanted) {
  while (rowsOf(container).length < wanted && addRow(container)) { /* one more */ }
}

function changed(container) { container.dispatchEvent(new Event("change", { bubbles: true })); }

function onClick(event) {
  const add = event.target.closest("[data-add]");
  const remove = event.target.closest("[data-remove]");
  if (add) {
    event.preventDefault();
    addRow(add.closest("[data-rows]"))?.querySelector("input, textarea, select")?.focus();
    changed(add.closest("[data-rows]"));
  } else if (remove) {
    event.preventDefault();
    const row = remove.closest("[data-row]");
    const container = row.closest("[data-rows]");
    const place = rowsOf(container).indexOf(row);
    row.remove();
    if (rowsOf(container).length === 0) addRow(container);
    renumber(container);
    const next = rowsOf(container)[Math.min(place, rowsOf(container).length - 1)];
    (next.querySelector("[data-remove]") ?? container.querySelector("[data-add]")).focus();
    announce(gettext("Retiré."));
    changed(container);
  }
}

export function start(root) {
  root.addEventListener("click", onClick);
}
