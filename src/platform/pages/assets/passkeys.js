import { forgetForm, sendForm } from './kept-form.js';
import { jsonOf, requestOptionsOf } from './passkey-json.js';

/**
 * Signs in with a passkey: by the button, and by the autofill of the username field, where the browser offers it. The
 * assertion is sent as a form, so that the browser itself follows the redirect to the application.
 */
const section = document.querySelector('#passkeys');
const button = section.querySelector('button');
const status = document.querySelector('#passkey-status');
const { challenge: challengePath, verify: verifyPath } = section.dataset;

/** Milliseconds before the end of a challenge at which the autofill gets a new one. */
const renewBefore = 30_000;

/** Ends the question that is open in the browser: there can be only one. */
let open = new AbortController();

forgetForm();
if (window.PublicKeyCredential === undefined) say('This browser has no passkeys.');
else {
  button.hidden = false;
  button.addEventListener('click', () => void signIn());
  void offerAutofill();
}

async function signIn() {
  button.disabled = true;
  say('');
  try {
    send(await ask('optional'));
  } catch (error) {
    say(explain(error), true);
    button.disabled = false;
    button.focus();
    void offerAutofill();
  }
}

/** The passkeys of this browser beside the usernames that it remembers: whoever chooses one signs in with it. */
async function offerAutofill() {
  const field = document.querySelector('input[autocomplete~=webauthn]');
  if (field === null || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  try {
    send(await ask('conditional'));
  } catch {
    // Nobody asked for anything: the button says what is wrong.
  }
}

async function ask(mediation) {
  open.abort();
  const asked = new AbortController();
  open = asked;
  const options = await requestChallenge();
  const { signal } = asked;
  // Overtaken while the server answered.
  signal.throwIfAborted();
  if (mediation === 'conditional') renew(signal, options.timeout - renewBefore);
  return navigator.credentials.get({ publicKey: requestOptionsOf(options), mediation, signal });
}

/** A page may stand open for longer than a challenge lives; one that nobody sees asks again when it is seen. */
function renew(signal, after) {
  setTimeout(() => {
    if (signal.aborted) return;
    if (!document.hidden) return void offerAutofill();
    document.addEventListener('visibilitychange', () => signal.aborted || void offerAutofill(), { once: true });
  }, after);
}

async function requestChallenge() {
  const response = await fetch(challengePath, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(hiddenFields()),
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const { error_description: description = 'The server refused', reason } = answer;
  // The cookie that the page's own fields belong to is gone.
  const hint = reason === 'csrf_invalid' ? ' Reload the page and try again.' : '';
  throw Object.assign(new Error(`${description}.${hint}`), { isForPerson: true });
}

function send(credential) {
  button.disabled = true;
  say('Signing in…');
  sendForm(verifyPath, { ...hiddenFields(), credential: jsonOf(credential) });
}

/** What went wrong, for the person. A browser does not tell whether there is no passkey or nobody wanted to use it. */
function explain(error) {
  if (error.isForPerson) return error.message;
  if (error.name === 'NotAllowedError') return 'No passkey was used. Try again, or sign in another way.';
  if (error.name === 'SecurityError') return 'Passkeys do not work at this address.';
  if (error instanceof TypeError) return 'The server cannot be reached. Please try again.';
  return 'Your passkey could not be used. Please try again.';
}

/** Those of the page's form. */
function hiddenFields() {
  return Object.fromEntries(
    Array.from(button.form.querySelectorAll('input[type=hidden]'), ({ name, value }) => [name, value]),
  );
}

function say(text, failed = false) {
  status.textContent = text;
  status.classList.toggle('failed', failed);
}
