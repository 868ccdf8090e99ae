// How many characters are left under a text. Nothing is cut: what is too much is said.

import { announce, groupDigits } from "./announce.js";
import { ngettext } from "./texts.js";

// Code points, with line ends as one: the server counts the same.
export function lengthOf(text) {
  return [...text.replace(/\r\n?/g, "\n").trim()].length;
}

function words(length, most) {
  const number = Math.abs(most - length);
  const values = { num: groupDigits(number) };
  return length > most
    ? ngettext("%(num)s\u00a0caractère de trop", "%(num)s\u00a0caractères de trop", number, values)
    : ngettext("Il reste %(num)s\u00a0caractère", "Il reste %(num)s\u00a0caractères", number, values);
}

function dress(field) {
  const place = document.getElementById(`${field.id}-count`);
  if (!place) return;
  const most = Number(field.dataset.maxLength);
  let pause = 0;
  const update = () => {
    const length = lengthOf(field.value);
    place.textContent = words(length, most);
    place.classList.toggle("count-over", length > most);
    clearTimeout(pause);
    // Said only near the end or beyond it, and when typing rests.
    if (document.activeElement === field && length > most * 0.9) pause = setTimeout(() => announce(words(length, most)), 1200);
  };
  field.addEventListener("input", update);
  update();
}

export function start(root) {
  root.querySelectorAll("[data-max-length]").forEach(dress);
}
