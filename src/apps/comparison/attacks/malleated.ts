/** The order of the secp256k1 group. Source: SEC 2 §2.4.1. */
const n = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** The second signature for the same key and text: `s` becomes `n - s`, and `v` names the other point. 65 bytes in hex. */
export function malleated(signature: string): string {
  const s = BigInt(`0x${signature.slice(66, 130)}`);
  const v = Number.parseInt(signature.slice(130), 16);
  const highS = (n - s).toString(16).padStart(64, '0');
  return `${signature.slice(0, 66)}${highS}${(v === 27 ? 28 : 27).toString(16)}`;
}
