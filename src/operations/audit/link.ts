/**
 * What chains an event: which event it follows, and how its personal fields enter its hash. They do so by salted hashes, which
 * stay when the fields go.
 */
export interface Link {
  /** `seq` of the first event of its chain. */
  readonly chain: number;
  /** `seq` of the event before it in the chain; 0 for the first. */
  readonly after: number;
  /** Hash of that. */
  readonly hash: string;
  /** The beginning of its own hash: shows a change of this event itself. */
  readonly check: string;
  /** Salt of subject, user agent and network, or their salted hash if they have gone; empty if there were none. */
  readonly person: string;
  /** In the same way for the IP address. */
  readonly address: string;
}

/** Of an event whose own is lost. */
export const noLink: Link = { chain: 0, after: 0, hash: '', check: '', person: '', address: '' };

export const [hashLength, checkLength] = [20, 4];

/** Two numbers to the base 36, hash and check, followed by person and address of no, 16 or 20 characters. */
const form =
  /^([\da-z]{1,11})\.([\da-z]{1,11})\.([\w-]{20})([\w-]{4})(?:([\w-]{16})([\w-]{16}|[\w-]{20}|)|([\w-]{20})([\w-]{20}|)|)$/;

export function linkText({ chain, after, hash, check, person, address }: Link): string {
  return `${chain.toString(36)}.${after.toString(36)}.${hash}${check}${person}${address}`;
}

/** Undefined if it is none. */
export function linkIn(text: string): Link | undefined {
  const found = form.exec(text);
  if (found === null) return undefined;
  const [, chain = '', after = '', hash = '', check = '', person, address, erasedPerson = '', erasedAddress = ''] =
    found;
  return {
    chain: Number.parseInt(chain, 36),
    after: Number.parseInt(after, 36),
    hash,
    check,
    person: person ?? erasedPerson,
    address: address ?? erasedAddress,
  };
}

/** The same in fewer bytes. */
export function linkBytes(text: string): Buffer {
  const end = text.lastIndexOf('.') + 1;
  return Buffer.concat([Buffer.from(text.slice(0, end), 'latin1'), Buffer.from(text.slice(end), 'base64url')]);
}

export function linkTextIn(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes);
  const end = buffer.indexOf('.', buffer.indexOf('.') + 1) + 1;
  return buffer.toString('latin1', 0, end) + buffer.toString('base64url', end);
}
