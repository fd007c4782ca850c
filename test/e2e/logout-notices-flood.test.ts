import crypto from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { newId, newSecret } from '../../src/domain/credentials/secret';
import { SessionStore } from '../../src/protocols/login/session-store';
import { admin, adminToken } from '../support/operations/admin';
import { sessionIdOf } from '../support/clients/browser-session';
import { type DocumentServer, documentServer } from '../support/clients/document-server';
import { eventually } from '../support/run/eventually';
import { codeFor, loggedIn } from '../support/clients/pkce-login';
import { registerClient } from '../support/clients/registered';
import { fixtureOfEach } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

const [clientsOfAttacker, loginsOfAttacker, hostsOfAttacker] = [50, 60, 200];
const lateMs = 121_000;

const told = (host: DocumentServer, times: number) =>
  eventually(async () => host.asked.length >= times, { withinMs: 60_000 });

/** How many logout tokens are signed from now on. */
function signatures(): () => number {
  const { mock } = jest.spyOn(crypto, 'sign');
  return () => mock.calls.filter(([, data]) => headerOf(String(data)).includes('"logout+jwt"')).length;
}

/** Of a JWS's signing input, as text. */
function headerOf(input: string): string {
  return Buffer.from(input.split('.', 1)[0] ?? '', 'base64url').toString();
}

describe.each(storesUnderTest)('clients that do not answer a back-channel logout on %s', (name) => {
  const service = fixtureOfEach(() => startService(name, { ADMIN_TOKEN: adminToken }));
  const hanging = fixtureOfEach(documentServer);
  const well = fixtureOfEach(documentServer);
  beforeEach(() => {
    hanging.answer = () => {};
    well.answer = (_request, response) => void response.writeHead(204).end();
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const lines = (message: string) => service.log.filter((line) => line.includes(message));
  const failures = () => lines('a client could not be told that a session ended');
  const registered = (uri: string, registeredBy?: 'itself') =>
    registerClient(service, {
      clientId: newId(),
      backchannelLogoutUri: uri,
      ...(registeredBy !== undefined && { registeredBy }),
    });
  /** A client of ours and one that registered itself, at a host that answers. */
  const bothAtWell = () =>
    Promise.all([registered(`${well.origin}/ours`), registered(`${well.origin}/theirs`, 'itself')]);
  /** Sessions of one end-user, each of which has codes of as many clients as a session may have, which all end at once. */
  const endAttack = async (uriOf: (at: number) => string) => {
    const sub = newId();
    const clients = [];
    for (let at = 0; at < clientsOfAttacker; at += 1) clients.push(await registered(uriOf(at), 'itself'));
    const now = service.clock.now();
    for (let count = 0; count < loginsOfAttacker; count += 1) {
      const id = newId();
      await service.app.get(SessionStore).begin({
        id,
        secretHash: newSecret(),
        authentication: { sub, amr: ['pwd'], authTime: Math.floor(now / 1000) },
        createdAt: now,
        expiresAt: now + 3_600_000,
        clients: clients.map(({ clientId }) => ({ sid: id, clientId })),
      });
    }
    const { status } = await admin(service, 'DELETE', `/sessions?sub=${sub}`);
    expect(status).toBe(200);
  };
  const endLoginAt = async (clientIds: readonly string[]) => {
    const browser = await loggedIn(service);
    for (const clientId of clientIds) await codeFor(service, browser, { client_id: clientId });
    await admin(service, 'DELETE', `/sessions/${sessionIdOf(browser)}`);
  };

  it('given 50 clients of strangers at one host that hangs, when 60 logins end, then few tokens are signed and few lines written, and others are told', async () => {
    const signed = signatures();
    const [ours, theirs] = await bothAtWell();

    await endAttack((at) => `${hanging.origin}/${at}`);
    await endLoginAt([ours.clientId, theirs.clientId]);
    await told(well, 2);

    expect(well.asked.map(({ url }) => url).toSorted()).toEqual(['/ours', '/theirs']);
    expect(hanging.asked.length).toBeLessThan(20);
    expect(signed()).toBeLessThan(22);
    expect(failures().length).toBeLessThan(22);
  });

  it('given notices that have waited for two minutes, when their host answers, then no token is signed for them any more, and their number is logged', async () => {
    const signed = signatures();
    const waiting: (() => void)[] = [];
    hanging.answer = (_request, response) => void waiting.push(() => response.writeHead(204).end());
    await endAttack((at) => `${hanging.origin}/${at}`);
    await told(hanging, 2);

    service.clock.advance(lateMs);
    for (const answer of waiting) answer();
    await eventually(async () => lines('waited_too_long').length > 0, { withinMs: 60_000 });
    // What is in the queue is looked at before the service has ended.
    await service.app.close();

    const counted = lines('more notices of ended sessions').map((line) => JSON.parse(line) as { count: number });
    const count = counted.reduce((sum, each) => sum + each.count, failures().length);
    expect(count).toBeGreaterThanOrEqual(clientsOfAttacker * loginsOfAttacker - 20);
    expect([failures().length + counted.length < 250, signed() < 20]).toEqual([true, true]);
  });

  it('given more hosts of strangers that hang than there are slots or places, when others are to be told, then they are, also who never was', async () => {
    const hosts: DocumentServer[] = [];
    for (let at = 0; at < hostsOfAttacker; at += 1) hosts.push(await documentServer(`127.0.0.${at + 10}`));
    for (const host of hosts) host.answer = () => {};
    const [ours, theirs] = await bothAtWell();
    try {
      for (let from = 0; from < hostsOfAttacker; from += clientsOfAttacker) {
        await endAttack((at) => `${hosts[from + at]?.origin}/`);
      }
      await endLoginAt([ours.clientId, theirs.clientId]);
      await told(well, 2);
    } finally {
      await Promise.all(hosts.map((host) => host.close()));
    }

    expect(well.asked.map(({ url }) => url).toSorted()).toEqual(['/ours', '/theirs']);
  });

  it('given clients at a host that is not there, when sessions end, then it is left alone between its attempts', async () => {
    const signed = signatures();
    const gone = await documentServer();
    await gone.close();
    const ours = await registered(`${well.origin}/ours`);

    await endAttack((at) => `${gone.origin}/${at}`);
    await endLoginAt([ours.clientId]);
    await told(well, 1);

    expect(signed()).toBeLessThan(30);
    expect(failures().length).toBeLessThan(30);
  });
});
