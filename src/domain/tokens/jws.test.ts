import { describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import { signingAlgorithms } from '../../platform/settings';
import { tokenSigner } from './jws';

describe('a token signer', () => {
  it.each(signingAlgorithms)('given a key of %s, when it signs claims, then jose verifies them', async (algorithm) => {
    const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
    const signer = tokenSigner(algorithm, 'key-1', await exportJWK(privateKey));

    const token = signer.sign('at+jwt', { sub: 'ümlaut', exp: 4_102_444_800 });

    const { payload } = await jwtVerify(token, publicKey, { algorithms: [algorithm], typ: 'at+jwt' });
    expect(payload).toStrictEqual({ sub: 'ümlaut', exp: 4_102_444_800 });
    expect(decodeProtectedHeader(token)).toStrictEqual({ alg: algorithm, typ: 'at+jwt', kid: 'key-1' });
  });

  it('given a signed token, when a claim is changed, then jose refuses it', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const signer = tokenSigner('ES256', 'key-1', await exportJWK(privateKey));
    const [header, , mark] = signer.sign('JWT', { sub: 'alice' }).split('.');

    const forged = [header, Buffer.from('{"sub":"mallory"}').toString('base64url'), mark].join('.');

    await expect(jwtVerify(forged, publicKey)).rejects.toMatchObject({
      code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    });
  });
});
