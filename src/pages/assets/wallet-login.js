import { chooseAccount, explain, offerWallets, Refusal, setBusy, signMessage } from './wallets.js';

/**
 * Signs in with a wallet of this browser: asks it for its account, has it sign the server's message, and sends the
 * signature as a form, so that the browser itself follows the redirect to the application.
 */
const template = document.querySelector('button[data-challenge]');
const passwordForm = document.querySelector('form#login');
const status = document.querySelector('#wallet-status');

const offers = offerWallets(
  template,
  (offered) => signIn(offered),
  () => say(''),
);
if (offers.size === 0) say('To sign in with an Ethereum wallet, open this page in a browser that has one.');

async function signIn({ button, provider }) {
  setBusy(offers, true);
  try {
    say('Choose an account in your wallet…');
    const account = await chooseAccount(provider);
    const { nonce, message } = await requestChallenge(button.dataset.challenge, account);
    say('Read the message in your wallet and sign it…');
    const signature = await signMessage(provider, message, account.address);
    say('Signing in…');
    submit(button.dataset.verify, { nonce, signature });
  } catch (error) {
    say(explain(error), true);
    setBusy(offers, false);
    button.focus();
  }
}

async function requestChallenge(path, account) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ ...hiddenFields(), ...account }),
  }).catch(() => {
    throw new Refusal('The server cannot be reached. Please try again.');
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refusal(refusalOf(answer));
  return answer;
}

/** The page's own fields are what is out of date most often: the cookie that they belong to is gone. */
function refusalOf({ error_description: description = 'The server refused', reason }) {
  return reason === 'csrf_invalid' ? `${description}. Reload the page and try again.` : `${description}.`;
}

function submit(path, answer) {
  const form = Object.assign(document.createElement('form'), { method: 'post', action: path, hidden: true });
  for (const [name, value] of Object.entries({ ...hiddenFields(), ...answer })) {
    form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
  }
  document.body.append(form);
  form.submit();
}

function hiddenFields() {
  return Object.fromEntries(
    Array.from(passwordForm.querySelectorAll('input[type=hidden]'), ({ name, value }) => [name, value]),
  );
}

function say(text, failed = false) {
  status.textContent = text;
  status.classList.toggle('failed', failed);
}
