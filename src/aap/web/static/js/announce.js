// Says something to screen readers without moving the focus.

let region = null;

export function announce(text) {
  if (!region) {
    region = document.createElement("p");
    region.className = "visually-hidden";
    region.setAttribute("role", "status");
    document.querySelector("main").append(region);
  }
  region.textContent = "";
  setTimeout(() => { region.textContent = text; }, 50); // an empty region first, so that equal texts are said again
}

const NNBSP = "\u202f";

export function groupDigits(whole) {
  return String(whole).replace(/\B(?=(\d{3})+(?!\d))/g, NNBSP);
}
