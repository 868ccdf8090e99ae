// Time left by the server's clock: the page says what time it was there, this device only measures what passed since. Where the
// page holds words for a time to come ([data-shown-from], [data-shown-until]), they are shown then; [data-closed] is the end.

import { announce } from "./announce.js";
import { gettext, ngettext } from "./texts.js";

const LONGEST = 60000;

export function words(seconds) {
  if (seconds <= 0) return gettext("terminé");
  const days = Math.floor(seconds / 86400);
  const hours = Math.floor((seconds % 86400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (days >= 2) return ngettext("%(num)s\u00a0jour", "%(num)s\u00a0jours", days);
  if (days === 1 && hours) return ngettext("1\u00a0jour et %(num)s\u00a0heure", "1\u00a0jour et %(num)s\u00a0heures", hours);
  if (days === 1) return ngettext("%(num)s\u00a0jour", "%(num)s\u00a0jours", 1);
  const two = (number) => String(number).padStart(2, "0");
  if (hours >= 1) return gettext("%(hours)s\u00a0h\u00a0%(minutes)s", { hours, minutes: two(minutes) });
  return gettext("%(minutes)s\u00a0min\u00a0%(seconds)s\u00a0s", { minutes, seconds: two(seconds % 60) });
}

// The server's time now, in milliseconds, by what an element says of it.
function clockOf(element) {
  const [given, begun] = [Date.parse(element.dataset.now), performance.now()];
  return () => given + performance.now() - begun;
}

function count(place) {
  const [end, now] = [Date.parse(place.dataset.countdown), clockOf(place)];
  const update = () => {
    const seconds = Math.max(0, Math.floor((end - now()) / 1000));
    const text = words(seconds);
    if (place.textContent !== text) place.textContent = text;
    if (seconds > 0) setTimeout(update, seconds > 7200 ? LONGEST : 1000);
  };
  update();
}

function showInTime(element) {
  const [from, until] = [Date.parse(element.dataset.shownFrom), Date.parse(element.dataset.shownUntil ?? "9999-12-31")];
  const now = clockOf(element);
  const update = () => {
    const shown = now() > from && now() <= until;
    if (element.hidden === shown) {
      element.hidden = !shown;
      if (shown && element.querySelector(".notice")) announce(element.textContent.replace(/\s+/g, " ").trim());
    }
    if (shown && "closed" in element.dataset) { document.documentElement.dataset.closed = ""; window.dispatchEvent(new Event("aap:closed")); return; }
    if (now() <= until) setTimeout(update, Math.min(LONGEST, Math.max(50, (now() > from ? until : from) - now() + 50)));
  };
  update();
}

export function start(root) {
  root.querySelectorAll("[data-countdown]").forEach(count);
  root.querySelectorAll("[data-shown-from]").forEach(showInTime);
}
