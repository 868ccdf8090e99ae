// Amounts as people type and paste them, as the server reads them (aap.core.budgets.accounting.parse_amount). Cents are integers.

import { groupDigits } from "./announce.js";

// Cents, 0 for an empty text, null for what is no amount.
export function toCents(text) {
  let plain = text.replace(/[\s'’€]|EUR$/gi, "");
  if (plain === "") return 0;
  const marks = plain.match(/[.,]/g);
  if (marks) {
    const last = marks[marks.length - 1];
    if (/^[+-]?\d{1,3}([.,]\d{3})+$/.test(plain) && new Set(marks).size === 1) plain = plain.replace(/[.,]/g, "");
    else {
      const cut = plain.lastIndexOf(last);
      plain = `${plain.slice(0, cut).replace(/[.,]/g, "")}.${plain.slice(cut + 1)}`;
    }
  }
  if (!/^\+?(\d+\.?\d{0,2}|\.\d{1,2})$/.test(plain)) return null;
  const [whole, tail = ""] = plain.replace("+", "").split(".");
  return Number(whole || 0) * 100 + Number(tail.padEnd(2, "0"));
}

// A number, or null.
export function toNumber(text) {
  let plain = text.replace(/[\s'’€]/g, "");
  if (plain.includes(",")) plain = plain.replace(/\./g, "").replace(",", ".");
  else if (/^-?\d{1,3}(\.\d{3})+$/.test(plain)) plain = plain.replace(/\./g, "");
  return /^-?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : null;
}

// 1200050 → « 12 000,50 € »
export function euros(cents) {
  const rest = cents % 100;
  const tail = rest ? `,${String(rest).padStart(2, "0")}` : "";
  return `${groupDigits(Math.floor(cents / 100))}${tail}\u00a0€`;
}
