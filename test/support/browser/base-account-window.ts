/**
 * The window of Base Account, with a key of its own in the place of a passkey: what Base's SDK opens, greets, agrees on a key
 * with and asks over it. Source: github.com/base/account-sdk, Communicator, Signer, cipher.
 */
import { bytesToHex, type Hex, hexToBytes } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { createSiweMessage } from 'viem/siwe';

const { opener } = window;
const account = privateKeyToAccount(generatePrivateKey());
const curve = { name: 'ECDH', namedCurve: 'P-256' };
const pair = crypto.subtle.generateKey(curve, true, ['deriveKey']);

/** What the dApp asks for; what it leaves out is the window’s to say. Source: ERC-7846. */
interface Asked {
  readonly nonce: string;
  readonly chainId: Hex;
  readonly domain?: string;
  readonly scheme?: string;
  readonly uri?: string;
  readonly issuedAt?: string;
  readonly expirationTime?: string;
  readonly statement?: string;
}

interface Sent {
  readonly id: string;
  readonly sender: string;
  readonly content: {
    readonly handshake?: object;
    readonly encrypted?: { iv: BufferSource; cipherText: BufferSource };
  };
}

window.addEventListener('message', ({ data, origin }: MessageEvent<Sent>) => {
  if (data.content !== undefined) void answer(data, origin);
});
opener?.postMessage({ event: 'PopupLoaded', id: crypto.randomUUID() }, '*');

async function answer({ id, sender, content }: Sent, origin: string): Promise<void> {
  const peer = await crypto.subtle.importKey('spki', hexToBytes(`0x${sender}`) as BufferSource, curve, true, []);
  const { publicKey, privateKey } = await pair;
  const secret = await crypto.subtle.deriveKey(
    { name: 'ECDH', public: peer },
    privateKey,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  );
  const value = content.encrypted === undefined ? null : await connect(await decrypted(secret, content.encrypted));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const plain = new TextEncoder().encode(JSON.stringify({ result: { value } }));
  const cipherText = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, secret, plain);
  const own = bytesToHex(new Uint8Array(await crypto.subtle.exportKey('spki', publicKey))).slice(2);
  const response = { id: crypto.randomUUID(), requestId: id, sender: own, content: { encrypted: { iv, cipherText } } };
  opener?.postMessage({ ...response, timestamp: new Date() }, origin);
}

async function decrypted(
  secret: CryptoKey,
  { iv, cipherText }: { iv: BufferSource; cipherText: BufferSource },
): Promise<{ action: { method: string; params: [{ capabilities: { signInWithEthereum: Asked } }] } }> {
  return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, secret, cipherText)));
}

/** Writes the message, signs it and is connected. */
async function connect({ action }: Awaited<ReturnType<typeof decrypted>>) {
  if (action.method !== 'wallet_connect') throw new Error(`unexpected: ${action.method}`);
  const { chainId, issuedAt, expirationTime, ...asked } = action.params[0].capabilities.signInWithEthereum;
  const message = createSiweMessage({
    domain: location.host,
    uri: location.origin,
    ...asked,
    version: '1',
    address: account.address,
    chainId: Number(chainId),
    ...(issuedAt !== undefined && { issuedAt: new Date(issuedAt) }),
    ...(expirationTime !== undefined && { expirationTime: new Date(expirationTime) }),
  });
  const signature = await account.signMessage({ message });
  return { accounts: [{ address: account.address, capabilities: { signInWithEthereum: { message, signature } } }] };
}
