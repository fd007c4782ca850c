import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { open } from 'lmdb';
import { codeFor, loggedIn, redeem, refresh } from '../support/pkce-login';
import { registerApi, registerClient } from '../support/registered';
import { startServiceOn, type TestService } from '../support/service';
import { challengeFor, newAccount, signIn } from '../support/wallet';

/** The records of a table as they lie on the disk. */
function stored(directory: string, table: string): Buffer[] {
  const root = open({ path: join(directory, 'lmdb'), maxDbs: 32, readOnly: true });
  const records = root.openDB<Buffer, string>({ name: table, encoding: 'binary' });
  return [...records.getRange()].map(({ value }) => Buffer.from(value));
}

describe('the records of logins on the embedded store', () => {
  let directory: string;
  let service: TestService;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tessera-test-'));
    service = await startServiceOn({ env: { DATA_DIR: directory }, remove: async () => {} });
    const browser = await loggedIn(service);
    const query = { scope: 'openid profile offline_access', nonce: 'nonce-of-the-client' };
    await redeem(service, await codeFor(service, browser));
    const { body } = await redeem(service, await codeFor(service, browser, query));
    await refresh(service, body['refresh_token']);
    await signIn(service, newAccount());
    await signIn(service, newAccount(), { scope: 'openid offline_access' });
    // For an API.
    const { identifier: resource } = await registerApi(service);
    const { clientId } = await registerClient(service, { walletOrigin: 'https://dapp.example' });
    const forApi = { client_id: clientId, resource, scope: 'openid notes:read' };
    const asked = { clientId, scope: 'notes:read', resourceIndicators: [resource] };
    await redeem(service, await codeFor(service, browser, forApi));
    await redeem(service, await codeFor(service, browser, { ...forApi, scope: 'offline_access notes:read' }));
    await signIn(service, newAccount(), asked);
    // What stays a challenge.
    await codeFor(service, browser, forApi);
    await codeFor(service, browser, { ...forApi, nonce: 'nonce-of-the-client' });
    await challengeFor(service, newAccount(), asked);
    await codeFor(service, browser);
    await codeFor(service, browser, query);
    await challengeFor(service, newAccount());
  });
  afterAll(async () => {
    await service.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it.each([
    ['challenges', 6],
    ['grants', 7],
    ['sessions', 1],
  ])(
    'given logins of both models, when %s are read from the disk, then none of the %i holds a name of a field',
    (table, count) => {
      const records = stored(directory, table);

      expect(records).toHaveLength(count);
      for (const record of records)
        expect(record.toString('latin1')).not.toMatch(/clientId|expiresAt|authTime|createdAt|identifier|together/);
    },
  );
});
