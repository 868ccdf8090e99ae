// Times as every other one of the service, in Paris, whatever the clock of the device is set to.

const ZONE = "Europe/Paris";

// 9 h, 14 h 05 in French.
export function hour(at) {
  const { lang } = document.documentElement;
  const text = new Date(at).toLocaleTimeString(lang, { timeStyle: "short", timeZone: ZONE });
  if (!lang.startsWith("fr")) return text;
  const [hours, minutes] = text.split(":");
  return `${Number(hours)}\u00a0h${minutes === "00" ? "" : `\u00a0${minutes}`}`;
}

// 28 février 2025, 1ᵉʳ mars 2025
export function day(at) {
  const { lang } = document.documentElement;
  const text = new Date(at).toLocaleDateString(lang, { dateStyle: "long", timeZone: ZONE });
  return lang.startsWith("fr") ? text.replace(/^1(er)?(?=\s)/, "1ᵉʳ") : text;
}
