import { describe, expect, it } from '@jest/globals';
import { beginRsaKey, newPrivateKey } from './private-key';

describe('a private key', () => {
  it.each(['ES256', 'EdDSA'] as const)(
    'given a key of RSA that was begun, when one of %s is made, then it is that',
    async (algorithm) => {
      beginRsaKey();

      expect((await newPrivateKey(algorithm)).kty).toBe(algorithm === 'ES256' ? 'EC' : 'OKP');
    },
  );

  it('given a key of RSA that was begun, when two are made, then they differ', async () => {
    beginRsaKey();

    const [first, second] = await Promise.all([newPrivateKey('RS256'), newPrivateKey('RS256')]);

    expect(first).toMatchObject({ kty: 'RSA', d: expect.any(String) });
    expect(first?.n).toMatch(/^[\w-]{342}$/);
    expect(second?.n).not.toBe(first?.n);
  });
});
