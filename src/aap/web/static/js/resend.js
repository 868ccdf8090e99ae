// A POST whose connection broke on the way is sent once more. Only for what may be sent twice: the server stores it once.
//
// <form data-resend>: sent from here, so that the first break is nobody's business. The answer must lead on to a page (303)
// without a message of its own; where it does not (something is missing, or nothing answers), the browser sends the form
// itself and shows what comes.

const PAUSE = 500;

export async function sendOnceMore(address, options) {
  try {
    return await fetch(address, options);
  } catch {
    await new Promise((go) => { setTimeout(go, PAUSE); });
    return fetch(address, options);
  }
}

async function send(form, submitter) {
  const body = new URLSearchParams(new FormData(form, submitter));
  try {
    const answer = await sendOnceMore(form.action, { method: "POST", body });
    if (answer.redirected) { location.assign(answer.url); return; }
  } catch { /* the browser says it in its own words */ }
  HTMLFormElement.prototype.submit.call(form);
}

export function start(root) {
  root.querySelectorAll("form[data-resend]").forEach((form) => {
    let sent = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (sent) return;
      sent = true;
      send(form, event.submitter);
    });
    // The page that the browser kept, after « Retour »: it may be sent again.
    window.addEventListener("pageshow", (event) => { if (event.persisted) sent = false; });
  });
}
