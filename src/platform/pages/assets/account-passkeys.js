import { forgetForm, sendForm } from './kept-form.js';
import { creationOptionsOf, jsonOf } from './passkey-json.js';

/**
 * Adds a passkey to the account of the page, and tells the browser which ones there are once that has changed, so that it
 * offers no others. Source: WebAuthn Level 3 §5.1, §5.1.10.
 */
const section = document.querySelector('#passkeys');
const form = document.querySelector('#add-passkey');
const status = document.querySelector('#passkey-status');
const changed = 'tessera-passkeys-changed';

forgetForm();
for (const each of section.querySelectorAll('form[method=post]')) {
  each.addEventListener('submit', () => sessionStorage.setItem(changed, 'yes'));
}
if (window.PublicKeyCredential !== undefined) {
  void signalChange();
  if (form !== null) offer();
}

function offer() {
  form.hidden = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void add();
  });
}

async function add() {
  const button = form.querySelector('button');
  button.disabled = true;
  try {
    say('Follow your browser…');
    const fields = Object.fromEntries(new FormData(form));
    const publicKey = creationOptionsOf(await requestChallenge(fields));
    const credential = await navigator.credentials.create({ publicKey });
    sendForm(form.dataset.add, { ...fields, credential: jsonOf(credential) });
  } catch (error) {
    say(explain(error), true);
    button.disabled = false;
    button.focus();
  }
}

async function requestChallenge({ csrf }) {
  const response = await fetch(form.dataset.challenge, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ csrf }),
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  if (answer.reason === 'login_too_old') location.assign('/login?page=account');
  const { error_description: description = 'The server refused' } = answer;
  throw Object.assign(new Error(`${description}. Reload the page and try again.`), { isForPerson: true });
}

/** After a removal, and after a new name. A browser without these calls goes on offering what it has. */
async function signalChange() {
  if (sessionStorage.getItem(changed) === null) return;
  sessionStorage.removeItem(changed);
  const { rpId, userId, credentialIds, name, displayName } = section.dataset;
  if (!userId) return;
  const allAcceptedCredentialIds = credentialIds.split(' ').filter((id) => id !== '');
  await PublicKeyCredential.signalAllAcceptedCredentials?.({ rpId, userId, allAcceptedCredentialIds });
  await PublicKeyCredential.signalCurrentUserDetails?.({ rpId, userId, name, displayName });
}

/** What went wrong, for the person. */
function explain(error) {
  if (error.isForPerson) return error.message;
  if (error.name === 'InvalidStateError') return 'This device has a passkey of your account already.';
  if (error.name === 'NotAllowedError') return 'No passkey was made. You can try again.';
  if (error.name === 'SecurityError') return 'Passkeys do not work at this address.';
  if (error instanceof TypeError) return 'The server cannot be reached. Please try again.';
  return 'No passkey could be made. Please try again.';
}

function say(text, failed = false) {
  status.textContent = text;
  status.classList.toggle('failed', failed);
}
