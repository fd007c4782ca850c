import { creationOptionsOf, jsonOf } from './passkey-json.js';

/** Fields that say whose passkey it will be. */
const sent = new Set(['csrf', 'secret', 'username']);

/**
 * A button in a form that creates a passkey and sends the form with it: asks `data-challenge` for what to make it of.
 */
export function offerNewPasskey(form) {
  const button = form.querySelector('button[data-challenge]');
  if (button === null || window.PublicKeyCredential === undefined) return;
  const status = form.querySelector('[role=status]');
  button.closest('section').hidden = false;
  button.addEventListener('click', async () => {
    button.disabled = true;
    status.textContent = '';
    try {
      const options = await requestOptions(button.dataset.challenge, form);
      const credential = await navigator.credentials.create({ publicKey: creationOptionsOf(options) });
      form.append(hiddenInput('credential', jsonOf(credential)));
      form.submit();
    } catch (error) {
      status.textContent =
        error.name === 'NotAllowedError' ? 'No passkey was created. Please try again.' : error.message;
      button.disabled = false;
    }
  });
}

export function hiddenInput(name, value) {
  return Object.assign(document.createElement('input'), { type: 'hidden', name, value });
}

async function requestOptions(path, form) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(Object.fromEntries([...new FormData(form)].filter(([name]) => sent.has(name)))),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${answer.error_description}.`);
  return answer;
}
