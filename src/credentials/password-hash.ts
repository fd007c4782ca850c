/** Argon2id of version 1.3 in PHC format, as the reference implementation writes it. Source: RFC 9106, PHC string format. */
const argon2id =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/** A login must not cost more than this, whoever made the hash: 256 MiB, 10 passes, 8 lanes. */
const highest = { memoryKib: 262_144, passes: 10, lanes: 8 };

/** True for a hash that logins can be checked against, at a cost that the service can bear. */
export function isPasswordHash(phc: string): boolean {
  const [, m, t, p, salt = '', hash = ''] = argon2id.exec(phc) ?? [];
  const [memoryKib, passes, lanes] = [Number(m), Number(t), Number(p)];
  return (
    // Source: RFC 9106 §3.1: at least 8 KiB for each lane.
    memoryKib >= 8 * lanes &&
    memoryKib <= highest.memoryKib &&
    passes >= 1 &&
    passes <= highest.passes &&
    lanes >= 1 &&
    lanes <= highest.lanes &&
    [salt, hash].every((part) => isBase64(part))
  );
}

/** Canonical: what the library could not decode would fail each login. */
function isBase64(text: string): boolean {
  return Buffer.from(text, 'base64').toString('base64').replace(/=+$/, '') === text;
}
