// Entry of every page. What a page needs is loaded when the page has it; everything works without scripts.

import { load } from "./texts.js";

document.querySelector("[data-focus]")?.focus();

const parts = [
  ["main form[method=post], main a", "./offline.js"],
  ["[data-max-length]", "./counter.js"],
  ["[data-rows]", "./rows.js"],
  ["[data-show-if]", "./conditions.js"],
  ["[data-budget]", "./budget.js"],
  ["[data-communes]", "./communes.js"],
  ["[data-paste]", "./paste.js"],
  ["[data-countdown], [data-shown-from]", "./countdown.js"],
  ["[data-letter-preview]", "./letters.js"],
  ["[data-progress]", "./progress.js"],
  ["[data-upload]", "./upload.js"],
  ["form[data-resend]", "./resend.js"],
  ["[data-draft-saved]", "./drafts.js"],
  ["[data-session-left]", "./session.js"],
  ["form[data-passkey]", "./passkeys.js"],
  ["form[data-effect]", "./jury.js"],
  ["form[data-screens], [data-screen]", "./screens.js"],
  ["form[data-reviewing], [data-dossier-search]", "./reviewing.js"],
  // Last: it compares the form with what is kept on this device, once the others have dressed it.
  ["form[data-autosave]", "./autosave.js"],
];

// All at once, started in their order: on a slow network one after another would take seconds. One that does not arrive
// leaves the others their work.
const needed = parts.filter(([selector]) => document.querySelector(selector)).map(([, module]) => import(module));
const [, ...arrived] = await Promise.allSettled([load(), ...needed]);
for (const { value: module } of arrived) module?.start(document);
document.documentElement.dataset.ready = "true";
