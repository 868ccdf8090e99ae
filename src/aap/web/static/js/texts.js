// The texts of the scripts. They are written in French where they are used; in another language <html data-texts> says where
// their translations are: {"texts": {French: words or [singular, plural, …]}, "plural": [which of these for 0, 1, 2, …]}.

let texts = {};
let plural = [0, 0, 1];

export async function load() {
  const address = document.documentElement.dataset.texts;
  if (!address) return;
  try { ({ texts, plural } = await (await fetch(address)).json()); } catch { /* no network: in French */ }
}

function filled(text, values) {
  return text.replace(/%\((\w+)\)s|%%/g, (found, name) => (name ? values[name] : "%"));
}

// « Enregistré à %(at)s », { at: "22:14:03" }
export function gettext(text, values = {}) {
  return filled(texts[text] ?? text, values);
}

// « %(num)s case remplie », « %(num)s cases remplies », 3: by default %(num)s is the number itself.
export function ngettext(one, several, number, values = {}) {
  const forms = texts[one] ?? [one, several];
  const place = number < plural.length ? number : Math.min(plural.length - 1, plural.length >= 200 ? 100 + (number % 100) : 2);
  return filled(forms[plural[place]], { num: number, ...values });
}
