// What is typed and not yet acknowledged by the server, kept on this device.

const PREFIX = "aap:draft:";

export function keep(key, draft) {
  try { localStorage.setItem(PREFIX + key, JSON.stringify(draft)); return true; } catch { return false; } // full or forbidden
}

export function kept(key) {
  try { return JSON.parse(localStorage.getItem(PREFIX + key)); } catch { return null; }
}

export function drop(key) {
  try { localStorage.removeItem(PREFIX + key); } catch { /* nothing was kept */ }
}

// A page that shows that a section was saved says so: its copy is not needed any more.
export function start(root) {
  root.querySelectorAll("[data-draft-saved]").forEach((place) => drop(place.dataset.draftSaved));
}
