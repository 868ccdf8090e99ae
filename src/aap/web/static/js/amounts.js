// Numbers and amounts as people type and paste them, as the server reads them (aap.core.typed_numbers, aap.core.amounts).
// Cents are integers.

import { groupDigits } from "./announce.js";

const FORMS = [
  /^(\d+|\d{1,3}(?: \d{3})+|\d{1,3}(?:'\d{3})+)?(?:[.,](\d+))?$/,
  /^(\d{1,3}(?:\.\d{3})+),(\d+)$/,
  /^(\d{1,3}(?:,\d{3})+)\.(\d+)$/,
  /^(\d{1,3}(?:\.\d{3}){2,}|\d{1,3}(?:,\d{3}){2,})$/,
];
const LARGEST = 1e13;

function bare(text) {
  return text.replace(/[ \u00a0\u2007\u2009\u202f]/g, " ").replace(/’/g, "'").trim()
    .replace(/^€|(?:€|eur|euros?)$/i, "").trim().replace(/^\+/, "");
}

// A number of one separator and exactly three digits, which may be read twice.
function isAmbiguous(at, whole, decimals) { return at === 0 && decimals.length === 3 && /^[1-9]\d{0,2}$/.test(whole); }

function formOf(plain) {
  return /\d/.test(plain) ? FORMS.findIndex((form) => form.test(plain)) : -1;
}

// Whether a text is written like an amount, be it one that the server refuses to guess.
export function isFigure(text) {
  return formOf(bare(text)) >= 0;
}

// Cents, 0 for an empty text, null for what is no amount: `20.000` and `20,000` are none, for nobody knows which is meant.
export function toCents(text) {
  const plain = bare(text);
  if (plain === "") return 0;
  const at = formOf(plain);
  if (at < 0) return null;
  const [, whole = "0", decimals = ""] = plain.match(FORMS[at]);
  if ((at === 0 && decimals.length === 3) || /[^0]/.test(decimals.slice(2))) return null;
  const cents = Number(whole.replace(/\D/g, "")) * 100 + Number(decimals.slice(0, 2).padEnd(2, "0"));
  return cents > LARGEST ? null : cents;
}

// A number, or null; `12.500` is none, for nobody knows which is meant.
export function toNumber(text) {
  const [, sign, plain] = /^([-−]?)(.*)$/.exec(bare(text));
  const at = formOf(plain);
  if (at < 0) return null;
  const [, whole = "0", decimals = ""] = plain.match(FORMS[at]);
  if (isAmbiguous(at, whole, decimals)) return null;
  return Number(`${sign ? "-" : ""}${whole.replace(/\D/g, "")}.${decimals}`);
}

// 1200050 → « 12 000,50 € »
export function euros(cents) {
  const rest = cents % 100;
  const tail = rest ? `,${String(rest).padStart(2, "0")}` : "";
  return `${groupDigits(Math.floor(cents / 100))}${tail}\u00a0€`;
}
