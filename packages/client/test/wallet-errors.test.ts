import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { walletAdvice, walletError, walletErrors, type WalletErrorReason } from '../src/wallet/wallet-error.ts';

const page = readFileSync(join(__dirname, '../../../docs/errors.md'), 'utf8');

describe('the errors of the wallet entry', () => {
  it('given the advice, when it is compared with docs/errors.md, then every reason is one of the service’s', () => {
    expect(Object.keys(walletAdvice).filter((reason) => !page.includes(`\`${reason}\``))).toEqual([]);
  });

  it('given every reason of our own, when an error is made of it, then it says what to do', () => {
    for (const reason of Object.keys(walletErrors) as WalletErrorReason[]) {
      expect(walletError(reason)).toMatchObject({
        code: 'wallet_error',
        reason,
        advice: expect.stringMatching(/^[A-Z].*\.$/),
      });
    }
  });
});
