import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { newId } from '../../src/domain/credentials/secret';
import { admin, adminToken } from '../support/operations/admin';
import { fixture } from '../support/run/fixture';
import { MailServer } from '../support/service/mail-server';
import { type ServiceProcess, startServiceProcess } from '../support/service/service-process';
import { bothStores, emptyStore } from '../support/stores/stores';

const people = 30;

describe.each(bothStores)('mail by four workers on one %s', (name) => {
  const server = fixture(() => MailServer.start());
  const store = fixture(() => emptyStore(name));
  const service = fixture(() =>
    startServiceProcess({ ...store.env, ...server.env, ADMIN_TOKEN: adminToken, WORKERS: '4' }),
  );

  it('given a link for each of 30 people, when they are sent at once, then each gets one mail', async () => {
    const addresses = Array.from({ length: people }, (_, index) => `person-${index}@example.com`);
    const answers = await Promise.all(addresses.map((address) => sendLink(service, address)));
    await Promise.all(addresses.map((address) => server.to(address)));
    // Long enough for a second mail of one that two workers took.
    await delay(1_000);

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(server.mails.map(({ to }) => to).toSorted()).toEqual(addresses.toSorted());
  });
});

async function sendLink(service: ServiceProcess, email: string) {
  const { body } = await admin(service, 'POST', '/users', { username: newId(), email, email_verified: true });
  return admin(service, 'POST', `/users/${String(body['id'])}/links`, { purpose: 'invitation', send: true });
}
