import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { walletErrors } from '../../src/protocols/wallet/wallet-error';
import { registerClient } from '../support/clients/registered';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { type Answer, newAccount, post, signedChallenge } from '../support/clients/wallet';
import { fewerRuns } from '../support/run/property-runs';

const operators = [{ $ne: null }, { $gt: '' }, { $regex: '.*' }, { $where: 'true' }, [{ $ne: null }], { length: 1 }];
const hostile = fc.oneof(
  fc.constantFrom<unknown>(...operators, null, true, -1, 1e300, '', '\0', 'a\0b', '\ud800', '__proto__', 'constructor'),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom(2_000, 8_000).map((length) => 'x'.repeat(length)),
  fc.jsonValue({ maxDepth: 4 }),
);

describe.each(storesUnderTest)('hostile bodies on %s', (store) => {
  const service = fixture(() => startService(store));

  it.each<[path: string, right: () => Promise<object>, fields: readonly string[]]>([
    [
      '/wallet/challenge',
      async () => ({ address: newAccount().address }),
      ['address', 'chainId', 'clientId', 'uri', 'statement', 'resources', 'scope', 'codeChallenge'],
    ],
    [
      '/wallet/nonce',
      async () => {
        const { clientId } = await registerClient(service, {
          walletOrigin: 'https://a.example',
          walletMessage: 'wallet',
        });
        return { clientId };
      },
      ['clientId', 'chainId', 'scope', 'resourceIndicators', 'codeChallenge'],
    ],
  ])(
    'given anything in one field of %s, when it is asked, then it is 201 or an error response of docs/errors.md',
    async (path, right, fields) => {
      const body = await right();
      for (const field of fields) {
        await fc.assert(
          fc.asyncProperty(hostile, async (value) => {
            const answer = await post(service, path, { ...body, [field]: value });
            if (answer.status !== 201) expectErrorResponse(answer);
          }),
          fewerRuns(50),
        );
      }
    },
  );

  it.each(['nonce', 'message', 'signature', 'codeVerifier'])(
    'given anything in %s, when it is verified, then it is an error response of docs/errors.md and the challenge stays',
    async (field) => {
      const { nonce, signature } = await signedChallenge(service);

      await fc.assert(
        fc.asyncProperty(hostile, async (value) => {
          expectErrorResponse(await post(service, '/wallet/verify', { nonce, signature, [field]: value }));
        }),
        fewerRuns(50),
      );
      const owner = await post(service, '/wallet/verify', { nonce, signature });

      expect(owner.status).toBe(200);
    },
  );

  it.each(['/wallet/challenge', '/wallet/nonce', '/wallet/verify'])(
    'given any JSON or any text, when it is sent to %s, then it is an error response of docs/errors.md',
    async (path) => {
      await fc.assert(
        fc.asyncProperty(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), async (text) => {
          expectErrorResponse(await post(service, path, text));
        }),
        fewerRuns(50),
      );
    },
  );
});

/** Every answer but a success: the envelope, with a reason of ours or, for what is too large, none. */
function expectErrorResponse({ status, body }: Answer): void {
  expect([400, 413]).toContain(status);
  expect(Object.keys(body).toSorted()).toEqual(
    status === 413 ? ['error', 'error_description'] : ['error', 'error_description', 'reason'],
  );
  if (status === 400) expect(Object.keys(walletErrors)).toContain(body['reason']);
}
