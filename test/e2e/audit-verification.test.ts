import { describe, expect, it } from '@jest/globals';
import type { Verification } from '../../src/operations/audit/audit-verification';
import { admin, adminToken } from '../support/operations/admin';
import { auditPage } from '../support/operations/audit';
import { consoleBrowser } from '../support/operations/console';
import { codeFor, loggedIn, redeem } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startServiceOn } from '../support/service/service';
import { auditEditor } from '../support/stores/audit-editor';
import { openStores } from '../support/stores/open-stores';
import { emptyStore, storesUnderTest } from '../support/stores/stores';
import { tesseraHere } from '../support/operations/tessera-command';

describe.each(storesUnderTest)('the verification of a service on %s', (storeName) => {
  const store = fixture(() => emptyStore(storeName));
  const service = fixture(() => startServiceOn(store, { ADMIN_TOKEN: adminToken }));

  async function verification(): Promise<Verification> {
    const { status, body } = await admin(service, 'GET', '/audit-events/verification');
    expect(status).toBe(200);
    return body as unknown as Verification;
  }

  it('given a trail, when it is verified over HTTP and by the command, then it is whole, until somebody changes it', async () => {
    await redeem(service, await codeFor(service, await loggedIn(service)));
    const { status } = await admin(service, 'POST', '/users', { username: 'Chained', password: 'correct horse' });
    const whole = await verification();
    const asked = await tesseraHere(['audit', 'verify', '--json'], store.env);
    const told = await tesseraHere(['audit', 'verify'], store.env);
    const browser = await consoleBrowser(service);
    const page = () => browser.fetch('/admin/console/audit/verification').then((response) => response.text());
    const wholePage = await page();

    const { data } = await auditPage(service, { type: 'code_issued' });
    const seq = data[0]?.seq ?? 0;
    const editing = await openStores(store);
    await auditEditor(storeName, editing).changeEvent(seq, (fields) => ({ ...fields, client_id: 'another' }));
    await editing.close();
    const changed = await verification();
    const changedPage = await page();
    const refused = await tesseraHere(['audit', 'verify'], store.env);

    expect(status).toBe(201);
    expect(whole).toEqual({
      whole: true,
      from: 1,
      to: whole.events,
      events: whole.events,
      faults: [],
      unsealed_from: 1,
    });
    expect([asked.status, JSON.parse(asked.stdout)]).toEqual([0, expect.objectContaining({ whole: true, faults: [] })]);
    expect([told.status, told.stdout]).toEqual([
      0,
      expect.stringMatching(/^whole: \d+ events, seq 1 to \d+\nnot sealed yet: from 1 on\n$/),
    ]);
    expect([changed.whole, changed.faults]).toEqual([
      false,
      [{ kind: 'changed', after_seq: seq - 1, before_seq: seq + 1 }],
    ]);
    expect(wholePage).toContain('The trail is whole');
    expect(changedPage).toContain('The trail is not what was written');
    expect(changedPage).toContain(`was added</th><td>${seq - 1}</td><td>${seq + 1}</td>`);
    expect([refused.status, refused.stdout]).toEqual([
      1,
      expect.stringContaining(`changed: behind ${seq - 1}, before ${seq + 1}\n`),
    ]);
    expect(JSON.stringify(data)).not.toContain('link');
  });
});

describe.each(storesUnderTest)('a service that ends on %s', (storeName) => {
  const store = fixture(() => emptyStore(storeName));

  it('given what happened in it, when it has ended, then all of it is sealed', async () => {
    const service = await startServiceOn(store, { ADMIN_TOKEN: adminToken });
    await redeem(service, await codeFor(service, await loggedIn(service)));
    await service.stop();

    const { status, stdout } = await tesseraHere(['audit', 'verify', '--json'], store.env);

    expect([status, JSON.parse(stdout)]).toEqual([0, { whole: true, from: 1, to: 3, events: 3, faults: [] }]);
  });
});
