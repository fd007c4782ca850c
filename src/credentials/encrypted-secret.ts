import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const nonceBytes = 12;
const tagBytes = 16;

/** Encrypts a credential so that only the holder of another one can read it. AES-256-GCM with a random nonce, base64url. */
export function seal(secret: string, under: string): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', keyFrom(under), nonce);
  const sealed = [nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat(sealed).toString('base64url');
}

/** The credential again. Throws when it was sealed under another one, or altered. */
export function openSealed(sealed: string, under: string): string {
  const bytes = Buffer.from(sealed, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', keyFrom(under), bytes.subarray(0, nonceBytes));
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]).toString('utf8');
}

/** HKDF without a salt: the other credential has 256 random bits of its own. Source: RFC 5869. */
function keyFrom(credential: string): Buffer {
  return Buffer.from(hkdfSync('sha256', credential, '', 'tessera refresh token successor', 32));
}
