import { describe, expect, it } from '@jest/globals';
import { newId } from '../../src/domain/credentials/secret';
import { MailDelivery } from '../../src/domain/mail/mail-delivery';
import { type Mail, MailStore } from '../../src/domain/mail/mail-store';
import { Outbox } from '../../src/domain/mail/outbox';
import { newPerson, personPassword, storedUser } from '../support/clients/account-page';
import { LinkPage, newLinkOf, secretIn } from '../support/clients/link-page';
import { admin, adminToken } from '../support/operations/admin';
import { fixture, fixtureOfEach } from '../support/run/fixture';
import { linkIn, MailServer } from '../support/service/mail-server';
import { startService, startServiceOn, type TestService } from '../support/service/service';
import { dataFileOf } from '../support/stores/store-contents';
import { bothStores, emptyStore } from '../support/stores/stores';

const new_password = 'a password of their own';
const settings = { ADMIN_TOKEN: adminToken };

/** A user with an email address of their own. */
async function mailedPerson(service: TestService) {
  const email = `person-${newId().replaceAll(/\W/g, 'x').toLowerCase()}@example.com`;
  return { ...(await newPerson(service, { email, emailVerified: true })), email };
}

describe.each(bothStores)('mail to end-users on %s', (store) => {
  const server = fixture(() => MailServer.start());
  const service = fixture(() => startService(store, { ...settings, ...server.env }));

  it('given a link to be sent, when it is made, then the mailed and the shown one are one link, and no record has a secret', async () => {
    const person = await mailedPerson(service);
    const shown = await newLinkOf(service, person.id, 'recovery', { send: true });

    const [mail] = await server.to(person.email);
    const mailed = secretIn(linkIn(mail!));
    const byMail = await new LinkPage(service).send(mailed, { new_password });
    const again = await new LinkPage(service).send(shown, { new_password });

    expect([byMail.status, again.status]).toEqual([303, 400]);
    expect(await again.text()).toContain('Link already used');
    expect(mailed).not.toBe(shown);
    expect(mail?.subject).toBe('Recover your account');
    expect(JSON.stringify(await storedUser(service, person))).not.toContain(mailed.slice('recovery.'.length));
  });

  it('given a mail that is due, when 200 want to send it at once, then one does', async () => {
    const mails = service.app.get(MailStore);
    const now = service.clock.now();
    const id = newId();
    const mail: Mail = {
      id,
      sub: 'nobody',
      to: 'x@example.com',
      event: 'link_used',
      createdAt: now,
      dueAt: now,
      expiresAt: now + 60_000,
      attempts: 0,
    };
    await mails.add(mail);

    const claims = await Promise.all(Array.from({ length: 200 }, () => mails.claim(id, now, now + 1_000)));

    expect(claims.filter((claim) => claim !== undefined)).toEqual([{ ...mail, dueAt: now + 1_000, attempts: 1 }]);
    await mails.remove(id);
  });

  it('given a recovery, when it is done, then the person is told, with what to do if it was not them', async () => {
    const person = await mailedPerson(service);
    await new LinkPage(service).send(await newLinkOf(service, person.id, 'recovery'), { new_password });

    const [mail] = await server.to(person.email);

    expect(mail?.text).toContain('A link was used to choose how your account signs in.');
    expect(mail?.text).toContain(`Account: ${person.username}`);
    expect(mail?.text).toMatch(/When: \d{1,2} \w{3} \d{4}, \d\d:\d\d UTC/);
    expect(mail?.text).toContain(`${service.config.issuer}/recover`);
  });

  it.each([
    ['without an address', { email: null }],
    ['with an address that is not verified', { email_verified: false }],
  ])(
    'given a user %s, when a link is to be sent, then it is mail_unavailable, and there is none',
    async (_how, changes) => {
      const { id } = await mailedPerson(service);
      await admin(service, 'PATCH', `/users/${id}`, changes);

      const { status, body } = await admin(service, 'POST', `/users/${id}/links`, { purpose: 'recovery', send: true });

      expect([status, body['reason']]).toEqual([409, 'mail_unavailable']);
      expect((await storedUser(service, { id })).links).toBeUndefined();
    },
  );
});

describe('a mail server that is away', () => {
  const server = fixtureOfEach(() => MailServer.start());
  const store = fixtureOfEach(() => emptyStore('lmdb'));
  const start = () => startServiceOn(store, { ...settings, ...server.env });

  /** A link that could not be sent yet. */
  async function unsentLink(service: TestService) {
    const person = await mailedPerson(service);
    await server.goAway();
    const shown = await newLinkOf(service, person.id, 'recovery', { send: true });
    await service.app.get(MailDelivery).deliver();
    return { person, shown };
  }

  it('given a mail that was not taken, when the server is back, then it arrives at the next try, once', async () => {
    const service = await start();
    const { person } = await unsentLink(service);

    await server.comeBack();
    await service.app.get(MailDelivery).deliver();
    const before = server.mails.length;
    service.clock.advance(6_000);
    await service.app.get(MailDelivery).deliver();
    await service.app.get(MailDelivery).deliver();
    const used = await new LinkPage(service).send(secretIn(linkIn(server.mails[0]!)), { new_password });
    await service.app.get(MailDelivery).deliver();
    await service.stop();

    expect(before).toBe(0);
    expect(server.mails.filter(({ subject }) => subject === 'Recover your account')).toHaveLength(1);
    expect(used.status).toBe(303);
    expect(person.email).toBe(server.mails[0]?.to);
  });

  it('given a mail that was not taken, when the service starts again, then the next one sends it', async () => {
    const first = await start();
    const { person } = await unsentLink(first);
    await first.stop();
    await server.comeBack();

    const second = await start();
    second.clock.advance(60_000);
    await second.app.get(MailDelivery).deliver();
    const [mail] = await server.to(person.email);
    const used = await new LinkPage(second).send(secretIn(linkIn(mail!)), { new_password });
    await second.stop();

    expect(used.status).toBe(303);
  });

  it('given a link that was replaced meanwhile, when the server is back, then nothing is mailed', async () => {
    const service = await start();
    const { person } = await unsentLink(service);
    await newLinkOf(service, person.id, 'recovery');

    await server.comeBack();
    service.clock.advance(6_000);
    await service.app.get(MailDelivery).deliver();
    await service.stop();

    expect(server.mails).toEqual([]);
  });

  it('given a mail that nobody took for a day, when the server is back, then it is given up', async () => {
    const service = await start();
    await unsentLink(service);

    await server.comeBack();
    service.clock.advance(86_400_000);
    await service.app.get(MailDelivery).deliver();
    const left = await service.app.get(MailStore).due(service.clock.now() + 86_400_000, 10);
    await service.stop();

    expect([server.mails, left]).toEqual([[], []]);
  });

  it('given an address that the server refuses for good, when it is mailed to, then it is tried once, and the next mail goes', async () => {
    const service = await start();
    const [unknown, known] = [await mailedPerson(service), await mailedPerson(service)];
    for (const user of [{ ...unknown, email: 'unknown@example.com' }, known])
      service.app.get(Outbox).tell(user, 'passkey_added');
    await server.to(known.email);
    await service.app.get(MailDelivery).deliver();
    const left = await service.app.get(MailStore).due(service.clock.now() + 86_400_000, 10);
    await service.stop();

    expect(left).toEqual([]);
  });

  it('given all of it, when store and log are searched, then neither has a secret, nor the log an address or the password of the server', async () => {
    const service = await start();
    const { person, shown } = await unsentLink(service);
    await server.comeBack();
    service.clock.advance(6_000);
    await service.app.get(MailDelivery).deliver();
    const mailed = secretIn(linkIn(server.mails[0]!));
    const log = service.log.join('\n');
    await service.stop();

    const data = dataFileOf(store.env).toString('latin1');
    for (const secret of [shown, mailed]) expect(data).not.toContain(secret.split('.')[1]);
    for (const secret of [
      shown.split('.')[1],
      mailed.split('.')[1],
      person.email,
      'a password of the mail',
      personPassword,
    ]) {
      expect(log).not.toContain(secret);
    }
    expect(log).toContain('a mail could not be sent');
  });
});

describe('a service without SMTP_URL', () => {
  const service = fixture(() => startService('lmdb', settings));

  it('given a verified address, when a link is to be sent or something to be told, then there is no mail', async () => {
    const person = await mailedPerson(service);

    const { status, body } = await admin(service, 'POST', `/users/${person.id}/links`, {
      purpose: 'recovery',
      send: true,
    });
    service.app.get(Outbox).tell(person, 'passkey_added');

    expect([status, body['reason']]).toEqual([409, 'mail_unavailable']);
    expect(await service.app.get(MailStore).due(service.clock.now(), 10)).toEqual([]);
  });
});
