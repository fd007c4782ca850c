/**
 * Signs in with a wallet of this browser: finds the wallets (EIP-6963, or `window.ethereum`), asks one for its account
 * (EIP-1193), has it sign the server's message (`personal_sign`), and sends the signature as a form, so that the browser
 * itself follows the redirect to the application.
 */
const template = document.querySelector('button[data-challenge]');
const passwordForm = document.querySelector('form#login');
const status = document.querySelector('#wallet-status');

/** The wallets on offer and their buttons, by the wallet's EIP-6963 uuid. */
const offers = new Map();
/** The key of `window.ethereum`, which has no uuid. */
const unnamed = 'window.ethereum';

/** A message for the person, where another error's message is for a developer. */
class Refusal extends Error {}

window.addEventListener('eip6963:announceProvider', ({ detail }) => {
  if (typeof detail?.provider?.request === 'function') offer(detail.info?.uuid, detail.provider, detail.info);
});
window.dispatchEvent(new Event('eip6963:requestProvider'));
offerUnnamed();
window.addEventListener('ethereum#initialized', offerUnnamed, { once: true });
if (offers.size === 0) say('To sign in with an Ethereum wallet, open this page in a browser that has one.');

function offerUnnamed() {
  if (offers.size === 0 && typeof window.ethereum?.request === 'function') offer(unnamed, window.ethereum);
}

function offer(uuid, provider, info) {
  if (offers.has(uuid)) return;
  // A wallet that announces itself late is most likely the one that stood here without a name.
  const offered = offers.get(unnamed) ?? newOffer();
  offers.delete(unnamed);
  offered.provider = provider;
  offers.set(uuid, offered);
  label(offered.button, info);
}

function newOffer() {
  const isFirst = offers.size === 0;
  const offered = { button: isFirst ? template : template.cloneNode() };
  offered.button.addEventListener('click', () => void signIn(offered));
  if (isFirst) say('');
  else template.parentElement.append(offered.button);
  offered.button.hidden = false;
  return offered;
}

function label(button, info) {
  const name = info?.name ?? 'a wallet';
  button.textContent = `Sign in with ${/wallet/i.test(name) ? name : `${name} wallet`}`;
  // Anything but a data: URI would be a request to somebody else's server.
  if (!info?.icon?.startsWith('data:image/')) return;
  const icon = Object.assign(new Image(20, 20), { src: info.icon, alt: '' });
  button.prepend(icon);
}

async function signIn({ button, provider }) {
  setBusy(true);
  try {
    say('Choose an account in your wallet…');
    const [address] = await provider.request({ method: 'eth_requestAccounts' });
    if (address === undefined) throw new Refusal('Your wallet offered no account.');
    const chain = Number(await provider.request({ method: 'eth_chainId' }));
    // A wallet that does not tell its chain signs for the server's default.
    const account = chain > 0 ? { address, chainId: chain } : { address };
    const { nonce, message } = await requestChallenge(button.dataset.challenge, account);
    say('Read the message in your wallet and sign it…');
    const signature = await provider.request({ method: 'personal_sign', params: [toHex(message), address] });
    say('Signing in…');
    submit(button.dataset.verify, { nonce, signature });
  } catch (error) {
    say(explain(error), true);
    setBusy(false);
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

/** `personal_sign` takes bytes as hex: a wallet that is given text that looks like hex would sign something else. */
function toHex(text) {
  const bytes = new TextEncoder().encode(text);
  return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** Source of the codes: EIP-1193 (provider errors), EIP-1474 (-32002). */
function explain(error) {
  if (error instanceof Refusal) return error.message;
  if (error?.code === 4001) return 'You declined in your wallet. Nothing was signed.';
  if (error?.code === -32_002) return 'Your wallet has a question open. Answer it there first.';
  return 'Your wallet could not sign. Please try again.';
}

function setBusy(busy) {
  for (const { button } of offers.values()) button.disabled = busy;
}

function say(text, failed = false) {
  status.textContent = text;
  status.classList.toggle('failed', failed);
}
