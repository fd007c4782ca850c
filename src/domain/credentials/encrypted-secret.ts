import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { randomBytes } from './random';

const nonceBytes = 12;
const tagBytes = 16;

/** Encrypts a credential so that only the owner of another one can read it. AES-256-GCM with a random nonce, base64url. */
export function encryptSecret(secret: string, under: string): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', keyFrom(under), nonce);
  const encrypted = [nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat(encrypted).toString('base64url');
}

/** Decrypts the credential. Throws when it was encrypted under another one, or altered. */
export function decryptSecret(encrypted: string, under: string): string {
  const bytes = Buffer.from(encrypted, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', keyFrom(under), bytes.subarray(0, nonceBytes));
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]).toString('utf8');
}

/** HKDF without a salt: the other credential has 256 bits of entropy. Source: RFC 5869. */
function keyFrom(credential: string): Buffer {
  return Buffer.from(hkdfSync('sha256', credential, '', 'tessera refresh token successor', 32));
}
