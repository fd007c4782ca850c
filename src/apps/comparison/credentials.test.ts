import { describe, expect, it } from '@jest/globals';
import { malleated } from './attacks/malleated';
import { Credentials, shortened } from './credentials';
import { parseSignature } from '../../protocols/wallet/signature';
import { newAccount } from '../../../test/support/clients/wallet';

// Source: RFC 7636 appendix B.
const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

describe('what a run shows of a credential', () => {
  it('given a code_verifier, when it is shortened, then it begins as its code_challenge does', () => {
    const shown = shortened(verifier);

    expect(shown).toBe(`sha256:${challenge.slice(0, 8)}`);
  });

  it('given fields, when they are concealed, then those that are credentials are shortened and the others stay', () => {
    const fields = {
      grant_type: 'authorization_code',
      code_verifier: verifier,
      code_challenge: challenge,
      nonce: 'n0',
    };

    const shown = new Credentials().conceal(fields);

    expect(shown).toEqual({ ...fields, code_verifier: shortened(verifier) });
  });

  it('given a token and cookies in headers, when they are concealed, then scheme, names and attributes stay', () => {
    const [token, session] = ['eyJhbGciOiJFUzI1NiJ9.e30.c2ln', `${'i'.repeat(22)}.${'x'.repeat(43)}`];
    const headers = { authorization: `Bearer ${token}`, 'set-cookie': `tessera_session=${session}; Path=/; HttpOnly` };

    const shown = new Credentials().concealFields(headers);

    expect(shown).toEqual({
      authorization: `Bearer ${shortened(token)}`,
      'set-cookie': `tessera_session=${shortened(session)}; Path=/; HttpOnly`,
    });
  });

  it('given a code in a redirect, when it is learned, then it is concealed wherever it stands', () => {
    const credentials = new Credentials();
    const location = `https://app.invalid/callback?code=${verifier}&state=s`;

    credentials.learnFromUrl(location);
    const shown = credentials.conceal({ location, nested: [{ text: `it was ${verifier}!` }] });
    const scrubbed = credentials.scrub({ [verifier]: verifier });

    expect(shown).toEqual({
      location: `https://app.invalid/callback?code=${shortened(verifier)}&state=s`,
      nested: [{ text: `it was ${shortened(verifier)}!` }],
    });
    expect(JSON.stringify(scrubbed)).not.toContain(verifier);
  });
});

describe('a malleated signature', () => {
  it('given a signature, when s becomes n - s, then it is not accepted, and once more it is the signature', async () => {
    const signature = await newAccount().signMessage({ message: 'text' });

    const other = malleated(signature);

    expect(parseSignature(signature)).toBeDefined();
    expect(other).toHaveLength(signature.length);
    expect(parseSignature(other)).toBeUndefined();
    expect(malleated(other)).toBe(signature);
  });
});
