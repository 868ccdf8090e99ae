// Time left by the server's clock: the page says what time it was there, this device only measures what passed since.

import { count } from "./announce.js";

export function words(seconds) {
  if (seconds <= 0) return "terminé";
  const days = Math.floor(seconds / 86400);
  const hours = Math.floor((seconds % 86400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (days >= 2) return count(days, "jour");
  if (days === 1) return hours ? `1\u00a0jour et ${count(hours, "heure")}` : "1\u00a0jour";
  if (hours >= 1) return `${hours}\u00a0h\u00a0${String(minutes).padStart(2, "0")}`;
  return `${minutes}\u00a0min\u00a0${String(seconds % 60).padStart(2, "0")}\u00a0s`;
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
