// How many characters are left under a text. Nothing is cut: what is too much is said.

import { announce, count } from "./announce.js";

// Code points, with line ends as one: the server counts the same.
export function lengthOf(text) {
  return [...text.replace(/\r\n?/g, "\n").trim()].length;
}

function words(length, most) {
  return length > most ? `${count(length - most, "caractère")} de trop` : `Il reste ${count(most - length, "caractère")}`;
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
