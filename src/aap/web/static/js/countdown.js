// Time left by the server's clock: the page says what time it was there, this device only measures what passed since.

import { gettext, ngettext } from "./texts.js";

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

export function start(root) {
  for (const place of root.querySelectorAll("[data-countdown]")) {
    const left = Date.parse(place.dataset.countdown) - Date.parse(place.dataset.now);
    const begun = performance.now();
    const update = () => {
      const seconds = Math.max(0, Math.floor((left - (performance.now() - begun)) / 1000));
      const text = words(seconds);
      if (place.textContent !== text) place.textContent = text;
      if (seconds > 0) setTimeout(update, seconds > 7200 ? 60000 : 1000);
    };
    update();
  }
}
