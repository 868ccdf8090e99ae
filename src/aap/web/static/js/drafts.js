// What is typed and not yet acknowledged by the server, kept on this device: one copy an opened page, so that no window takes
// another one's away. A copy's name is that of what is written in (PERSON/DOSSIER/SECTION), "#" and the page's own.

const PREFIX = "aap:draft:";
const SENT = "aap:sent:";

export function keep(key, draft) {
  try { localStorage.setItem(PREFIX + key, JSON.stringify(draft)); return true; } catch { return false; } // full or forbidden
}

export function kept(key) {
  try { return JSON.parse(localStorage.getItem(PREFIX + key)); } catch { return null; }
}

export function drop(key) {
  try { localStorage.removeItem(PREFIX + key); } catch { /* nothing was kept */ }
}

// [name, draft] of every page that wrote in the same, the oldest first.
export function draftsOf(key) {
  try {
    return Object.keys(localStorage)
      .filter((name) => name === PREFIX + key || name.startsWith(`${PREFIX + key}#`))
      .map((name) => [name.slice(PREFIX.length), kept(name.slice(PREFIX.length))])
      .filter(([, draft]) => draft?.entries)
      .sort(([, first], [, second]) => first.at.localeCompare(second.at));
  } catch { return []; }
}

// Which copies a form's button sends: what is typed after that is another text.
export function sending(key, names) {
  try { sessionStorage.setItem(SENT + key, JSON.stringify(names.map((name) => [name, kept(name)?.at]))); } catch { /* they stay */ }
}

export function sent(key) {
  try { return JSON.parse(sessionStorage.getItem(SENT + key) ?? "[]"); } catch { return []; }
}

// A page that shows that a section was saved says so: the copies that were sent are not needed any more.
export function start(root) {
  for (const { dataset: { draftSaved: key } } of root.querySelectorAll("[data-draft-saved]")) {
    try {
      sent(key).forEach(([name, at]) => { if (kept(name)?.at === at) drop(name); });
      sessionStorage.removeItem(SENT + key);
    } catch { /* compared with what is saved when the section is opened again */ }
  }
}
