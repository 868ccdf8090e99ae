// A POST whose connection broke on the way is sent once more. Only for what may be sent twice: the server stores it once.
//
// <form data-resend>: sent from here, so that the first break is nobody's business. The answer must lead on to a page (303)
// without a message of its own; where it does not (something is missing), the browser sends the form itself and shows what
// comes. Where nothing answers, the page says so.

import { tell } from "./offline.js";

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
    if (answer.redirected) { location.assign(answer.url); return true; }
  } catch { tell(submitter ?? form); return false; }
  HTMLFormElement.prototype.submit.call(form);
  return true;
}

export function start(root) {
  root.querySelectorAll("form[data-resend]").forEach((form) => {
    let sent = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (sent) return;
      sent = true;
      sent = await send(form, event.submitter);
    });
    // The page that the browser kept, after « Retour »: it may be sent again.
    window.addEventListener("pageshow", (event) => { if (event.persisted) sent = false; });
  });
}
