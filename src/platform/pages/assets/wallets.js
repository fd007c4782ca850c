/** The wallets of this browser: how they are found (EIP-6963, or `window.ethereum`), asked (EIP-1193) and understood. */

/** A message for the person, where another error's message is for a developer. */
export class Refusal extends Error {}

/** The key of `window.ethereum`, which has no uuid. */
const unnamed = 'window.ethereum';

/**
 * Offers a button for each wallet: the first is `template`, the others are copies beside it. `onChoose` gets the
 * `{ button, provider }` that a person chose, `onFirst` is called once there is one.
 * Returns the wallets on offer, by their EIP-6963 uuid; more may come later.
 */
export function offerWallets(template, onChoose, onFirst = () => {}) {
  const offers = new Map();

  const offer = (uuid, provider, info) => {
    if (offers.has(uuid)) return;
    // A wallet that announces itself late is most likely the one that stood here without a name.
    const offered = offers.get(unnamed) ?? newOffer();
    offers.delete(unnamed);
    offered.provider = provider;
    offers.set(uuid, offered);
    label(offered.button, info);
  };
  const newOffer = () => {
    const isFirst = offers.size === 0;
    const offered = { button: isFirst ? template : template.cloneNode() };
    offered.button.addEventListener('click', () => void onChoose(offered));
    if (isFirst) onFirst();
    else template.parentElement.append(offered.button);
    offered.button.hidden = false;
    return offered;
  };
  const offerUnnamed = () => {
    if (offers.size === 0 && typeof window.ethereum?.request === 'function') offer(unnamed, window.ethereum);
  };

  window.addEventListener('eip6963:announceProvider', ({ detail }) => {
    if (typeof detail?.provider?.request === 'function') offer(detail.info?.uuid, detail.provider, detail.info);
  });
  window.dispatchEvent(new Event('eip6963:requestProvider'));
  offerUnnamed();
  window.addEventListener('ethereum#initialized', offerUnnamed, { once: true });
  return offers;
}

/** The account that the person chooses in the wallet, as `{ address, chainId? }`. Throws: {@link Refusal}. */
export async function chooseAccount(provider) {
  const [address] = await provider.request({ method: 'eth_requestAccounts' });
  if (address === undefined) throw new Refusal('Your wallet offered no account.');
  const chain = Number(await provider.request({ method: 'eth_chainId' }));
  // A wallet that does not tell its chain signs for the server's default.
  return chain > 0 ? { address, chainId: chain } : { address };
}

/** The account's signature of a text. Source: EIP-191, version 0x45. */
export function signMessage(provider, message, address) {
  return provider.request({ method: 'personal_sign', params: [toHex(message), address] });
}

/** What went wrong, for the person. Source of the codes: EIP-1193 (provider errors), EIP-1474 (-32002). */
export function explain(error) {
  if (error instanceof Refusal) return error.message;
  if (error?.code === 4001) return 'You declined in your wallet. Nothing was signed.';
  if (error?.code === -32_002) return 'Your wallet has a question open. Answer it there first.';
  return 'Your wallet could not sign. Please try again.';
}

export function setBusy(offers, busy) {
  for (const { button } of offers.values()) button.disabled = busy;
}

function label(button, info) {
  const name = info?.name ?? 'a wallet';
  button.textContent = `${button.dataset.label ?? 'Sign in with'} ${/wallet/i.test(name) ? name : `${name} wallet`}`;
  // Anything but a data: URI would be a request to somebody else's server.
  if (!info?.icon?.startsWith('data:image/')) return;
  const icon = Object.assign(new Image(20, 20), { src: info.icon, alt: '' });
  button.prepend(icon);
}

/** `personal_sign` takes bytes as hex: a wallet that is given text that looks like hex would sign something else. */
function toHex(text) {
  const bytes = new TextEncoder().encode(text);
  return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
