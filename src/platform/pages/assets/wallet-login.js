import { chainName } from './chain-names.js';
import { forgetForm, sendForm } from './kept-form.js';
import { isHandheld, walletBrowserLinks } from './wallet-browsers.js';
import { chooseAccount, explain, offerWallets, Refusal, setBusy, signMessage } from './wallets.js';

/**
 * Signs in with a wallet of this browser, or links it to the account of the page: asks it for its account, has it sign the
 * server's message, and sends the signature as a form, so that the browser itself follows the redirect.
 */
const template = document.querySelector('button[data-challenge]');
const status = document.querySelector('#wallet-status');
const elsewhere = document.querySelector('#wallet-browsers');

forgetForm();
const offers = offerWallets(
  template,
  (offered) => signIn(offered),
  () => {
    say('');
    elsewhere.hidden = true;
  },
);
if (offers.size === 0) offerWalletBrowsers();

async function signIn({ button, provider }) {
  setBusy(offers, true);
  try {
    say('Choose an account in your wallet…');
    const account = await chooseAccount(provider);
    const { nonce, message, chainId, expirationTime } = await requestChallenge(button.dataset.challenge, account);
    say(waitingFor(chainId, expirationTime));
    const signature = await signMessage(provider, message, account.address);
    say('One moment…');
    sendForm(button.dataset.verify, { ...hiddenFields(), nonce, signature });
  } catch (error) {
    say(explain(error), true);
    setBusy(offers, false);
    button.focus();
  }
}

/** A contract account is asked on one chain, and may have several owners, each of whom has to sign. */
function waitingFor(chainId, expirationTime) {
  const until = new Date(expirationTime).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  return `Read the message in your wallet and sign it on ${chainName(chainId)}, until ${until}. If your wallet has several owners, keep this page open until enough of them have signed.`;
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
  if (answer.reason === 'login_too_old') location.assign('/login?page=account');
  if (!response.ok) throw new Refusal(refusalOf(answer, account));
  return answer;
}

/** The page's own fields are what is out of date most often: the cookie that they belong to is gone. */
function refusalOf({ error_description: description = 'The server refused', reason }, { chainId }) {
  if (reason === 'csrf_invalid') return `${description}. Reload the page and try again.`;
  if (reason !== 'chain_unsupported' || chainId === undefined) return `${description}.`;
  return `Your wallet is on ${chainName(chainId)}, where nobody can sign in here. Choose another network in it and try again.`;
}

/** On a phone a wallet is an app: this very page can be opened in the browser that it has built in. */
function offerWalletBrowsers() {
  if (!isHandheld(navigator)) return say('To use an Ethereum wallet, open this page in a browser that has one.');
  const { request } = hiddenFields();
  // Not the address of this page, which after a wrong password has no request in it.
  const page = new URL(request === undefined ? location.pathname : `/login?${request}`, location.href).href;
  const links = walletBrowserLinks(page).map(({ name, href }) => {
    const item = document.createElement('li');
    item.append(Object.assign(document.createElement('a'), { href, rel: 'noreferrer', textContent: name }));
    return item;
  });
  elsewhere.querySelector('ul').replaceChildren(...links);
  elsewhere.hidden = false;
}

function hiddenFields() {
  return Object.fromEntries(
    Array.from(template.form.querySelectorAll('input[type=hidden]'), ({ name, value }) => [name, value]),
  );
}

function say(text, failed = false) {
  status.textContent = text;
  status.classList.toggle('failed', failed);
}
