/** Argon2id version 1.3 in PHC format, as the reference implementation writes it. Source: RFC 9106, PHC string format. */
const argon2id =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/**
 * bcrypt of cost 4 to 14, in every correct variant: not $2x$, which marks a faulty one. Salt and digest must end canonically,
 * as in Openwall's crypt_blowfish, or no password could ever match.
 */
const bcrypt = /^\$2[aby]\$(?:0[4-9]|1[0-4])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/;

/** The most that an imported hash may cost a login: 256 MiB, 10 passes, 8 lanes. */
const highest = { memoryKib: 262_144, passes: 10, lanes: 8 };

/** OWASP's minimum for Argon2id: 19 MiB, two passes, one lane. Source: OWASP, Password Storage Cheat Sheet. */
export const ownCost = { memoryKib: 19_456, passes: 2, lanes: 1 } as const;

/** True for a hash that logins can be checked against at an affordable cost: Argon2id, or bcrypt. */
export function isPasswordHash(text: string): boolean {
  return bcrypt.test(text) || isBearableArgon2id(text);
}

/** True for a hash that is cheaper to attack than our own: bcrypt, and Argon2id with less memory or work. */
export function isWeakerThanOwn(passwordHash: string): boolean {
  const { memoryKib, passes } = costOf(passwordHash);
  return !(memoryKib >= ownCost.memoryKib && memoryKib * passes >= ownCost.memoryKib * ownCost.passes);
}

function isBearableArgon2id(text: string): boolean {
  const { memoryKib, passes, lanes, parts } = costOf(text);
  return (
    // Source: RFC 9106 §3.1: at least 8 KiB for each lane.
    memoryKib >= 8 * lanes &&
    memoryKib <= highest.memoryKib &&
    passes >= 1 &&
    passes <= highest.passes &&
    lanes >= 1 &&
    lanes <= highest.lanes &&
    parts.every((part) => isBase64(part))
  );
}

/** NaN, which fails every comparison, for anything but Argon2id. */
function costOf(text: string) {
  const [, m, t, p, salt = '', digest = ''] = argon2id.exec(text) ?? [];
  return { memoryKib: Number(m), passes: Number(t), lanes: Number(p), parts: [salt, digest] };
}

/** Canonical: a text that the library cannot decode would fail every login. */
function isBase64(text: string): boolean {
  return Buffer.from(text, 'base64').toString('base64').replace(/=+$/, '') === text;
}
