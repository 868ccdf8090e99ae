// Follows a long job: asks the server every second or two, and reloads the page when it is done.

export function start(root) {
  root.querySelectorAll("[data-progress]").forEach((place) => {
    const bar = place.querySelector("progress");
    const words = place.querySelector("[data-progress-words]");
    let wait = 1000;
    const ask = async () => {
      try {
        const answer = await fetch(place.dataset.progress, { headers: { Accept: "application/json" } });
        const state = await answer.json();
        bar.max = state.total || 1;
        bar.value = state.done;
        words.textContent = state.message || (state.total ? `${state.done} / ${state.total}` : "…");
        if (state.finished) { location.reload(); return; }
        wait = 1000;
      } catch { wait = Math.min(wait * 2, 15000); } // no network: ask less often
      setTimeout(ask, wait);
    };
    setTimeout(ask, wait);
  });
}
