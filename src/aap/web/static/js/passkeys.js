// Passkeys (WebAuthn): the one thing that a form can't do by itself. The server's options go to the browser, what the device
// answers goes back in the form's field; the server checks all of it.

import { gettext } from "./texts.js";

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (one) => one.charCodeAt(0));
}

function text(buffer) {
  const plain = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return plain.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function named(credentials = []) {
  return credentials.map((one) => ({ ...one, id: bytes(one.id) }));
}

async function created(options) {
  const key = await navigator.credentials.create({ publicKey: {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: named(options.excludeCredentials),
  } });
  const { response } = key;
  return { id: key.id, rawId: text(key.rawId), type: key.type, response: {
    clientDataJSON: text(response.clientDataJSON),
    attestationObject: text(response.attestationObject),
    transports: response.getTransports?.() ?? [],
  } };
}

async function got(options) {
  const key = await navigator.credentials.get({ publicKey: {
    ...options, challenge: bytes(options.challenge), allowCredentials: named(options.allowCredentials),
  } });
  const { response } = key;
  return { id: key.id, rawId: text(key.rawId), type: key.type, response: {
    clientDataJSON: text(response.clientDataJSON),
    authenticatorData: text(response.authenticatorData),
    signature: text(response.signature),
    userHandle: response.userHandle ? text(response.userHandle) : null,
  } };
}

const reasons = {
  InvalidStateError: () => gettext("Cet appareil garde déjà une clé d’accès de votre compte."),
  NotAllowedError: () => gettext("La clé d’accès n’a pas été donnée, ou trop tard."),
};

function why(error) {
  const reason = reasons[error.name];
  return reason ? reason() : gettext("Ce navigateur ou cet appareil ne peut pas se servir d’une clé d’accès ici.");
}

export function start(document) {
  const form = document.querySelector("[data-passkey]");
  const says = form.querySelector("[data-passkey-says]");
  const again = form.querySelector("[data-passkey-again]");

  async function ask() {
    again.hidden = true;
    says.textContent = gettext("En attente de la clé d’accès…");
    try {
      const options = JSON.parse(form.dataset.options);
      const key = await (form.dataset.passkey === "create" ? created(options) : got(options));
      form.elements.credential.value = JSON.stringify(key);
      form.submit();
    } catch (error) {
      says.textContent = why(error);
      again.hidden = false;
    }
  }

  again.addEventListener("click", ask);
  ask();
}
