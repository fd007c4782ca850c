import { describe, expect, it } from '@jest/globals';
import { calculateJwkThumbprint, compactDecrypt, decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose';
import { KeyEncryption, UndecryptableKeyError } from './key-encryption';

const [first, second] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];

async function newJwk() {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { jwk, kid: await calculateJwkThumbprint(jwk) };
}

describe('the encryption of private keys', () => {
  it('given a key, when it is encrypted, then it is a compact JWE that any library decrypts, and names its key by a hash', async () => {
    const { jwk } = await newJwk();

    const stored = await new KeyEncryption([first, second]).encrypt(jwk);

    const oct = { kty: 'oct', k: Buffer.from(first).toString('base64url') };
    expect(decodeProtectedHeader(String(stored))).toEqual({
      alg: 'dir',
      enc: 'A256GCM',
      cty: 'jwk+json',
      kid: await calculateJwkThumbprint(oct),
    });
    expect(String(stored).split('.')).toHaveLength(5);
    const { plaintext } = await compactDecrypt(String(stored), first);
    expect(JSON.parse(Buffer.from(plaintext).toString())).toEqual(jwk);
  });

  it('given the same key twice, when it is encrypted, then the two differ', async () => {
    const { jwk } = await newJwk();
    const encryption = new KeyEncryption([first]);

    expect(await encryption.encrypt(jwk)).not.toBe(await encryption.encrypt(jwk));
  });

  it('given several keys, when any of them encrypted it, then it is decrypted, and current is what the first encrypted', async () => {
    const { jwk, kid } = await newJwk();
    const [byFirst, bySecond] = [
      await new KeyEncryption([first]).encrypt(jwk),
      await new KeyEncryption([second]).encrypt(jwk),
    ];
    const encryption = new KeyEncryption([first, second]);

    const decrypted = [await encryption.decrypt(byFirst, kid), await encryption.decrypt(bySecond, kid)];

    expect(decrypted).toEqual([jwk, jwk]);
    expect([byFirst, bySecond, jwk].map((stored) => encryption.isCurrent(stored))).toEqual([true, false, false]);
  });

  it('given no key, when a private key is encrypted, then it is stored as it is, and that is current', async () => {
    const { jwk, kid } = await newJwk();
    const encryption = new KeyEncryption([]);

    const stored = await encryption.encrypt(jwk);

    expect(stored).toEqual(jwk);
    expect(await encryption.decrypt(stored, kid)).toEqual(jwk);
    expect(encryption.isCurrent(stored)).toBe(true);
  });

  it('given a key that is not listed, when it is to decrypt, then it is refused by the name of the key', async () => {
    const { jwk, kid } = await newJwk();
    const stored = await new KeyEncryption([first]).encrypt(jwk);
    const { kid: keyName } = decodeProtectedHeader(String(stored));

    for (const keys of [[], [second]]) {
      const attempt = new KeyEncryption(keys).decrypt(stored, kid);
      await expect(attempt).rejects.toThrow(UndecryptableKeyError);
      await expect(attempt).rejects.toThrow(String(keyName));
    }
  });

  it('given a JWE that was altered, or moved to another record, when it is decrypted, then it is refused', async () => {
    const [{ jwk, kid }, other] = [await newJwk(), await newJwk()];
    const encryption = new KeyEncryption([first]);
    const stored = String(await encryption.encrypt(jwk));
    const altered = stored
      .split('.')
      .map((part, at) => (at === 3 ? `${part.startsWith('A') ? 'B' : 'A'}${part.slice(1)}` : part));

    for (const wrong of [altered.join('.'), stored.slice(0, -4), '', 'a.b.c.d.e', 'plain']) {
      await expect(encryption.decrypt(wrong, kid)).rejects.toThrow(UndecryptableKeyError);
    }
    await expect(encryption.decrypt(stored, other.kid)).rejects.toThrow(UndecryptableKeyError);
  });

  it('given a JWE of another algorithm under a listed key, when it is decrypted, then it is refused', async () => {
    const { CompactEncrypt } = await import('jose');
    const { jwk, kid } = await newJwk();
    const stored = String(await new KeyEncryption([first]).encrypt(jwk));
    const { kid: keyName = '' } = decodeProtectedHeader(stored);
    const wrapped = await new CompactEncrypt(Buffer.from(JSON.stringify(jwk)))
      .setProtectedHeader({ alg: 'A256KW', enc: 'A256GCM', kid: keyName })
      .encrypt(first);

    await expect(new KeyEncryption([first]).decrypt(wrapped, kid)).rejects.toThrow(UndecryptableKeyError);
  });
});
