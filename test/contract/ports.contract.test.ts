import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { ConsoleSessionStore } from '../../src/operations/admin/console/console-session-store';
import { consentLifetime, ConsentStore } from '../../src/protocols/login/consent-store';
import type { Session } from '../../src/domain/challenges/session';
import { SessionIdTakenError, SessionStore } from '../../src/protocols/login/session-store';
import { newId, newSecret } from '../../src/domain/credentials/secret';
import { RateLimitStore } from '../../src/platform/http/rate-limit-store';
import { PlaceUnknownError } from '../../src/platform/storage/page';
import { StoreInspector } from '../../src/platform/storage/store-inspector';
import { type SigningKey, SigningKeyStore } from '../../src/domain/tokens/signing-key-store';
import { contenders } from '../support/stores/contenders';
import { fixture } from '../support/run/fixture';
import { openEmptyStore, portOf } from '../support/stores/open-empty-store';
import { pagesOf } from '../support/stores/pages';
import { hostileIds } from '../support/service/hostile-values';
import { completeAuthentication } from '../support/stores/sample-challenges';
import { begunGrant } from '../support/stores/sample-grants';
import { bothStores } from '../support/stores/stores';

const now = Date.now();
const minute = 60_000;

const session = (changes: Partial<Session> = {}): Required<Session> => ({
  id: newId(),
  secretHash: newSecret(),
  authentication: completeAuthentication,
  createdAt: now,
  expiresAt: now + minute,
  browser: 'Firefox on Linux',
  network: '203.0.113.0/24',
  messageHash: newSecret(),
  signatureHash: newSecret(),
  replaced: [newId(), newId()],
  clients: [{ sid: newId(), clientId: newId() }],
  accessEnds: [{ clientId: newId(), id: newId() }],
  ...changes,
});

const ofSubject = (sub: string) => ({ authentication: { ...completeAuthentication, sub } });

describe.each(bothStores)('the other stores on %s', (name) => {
  const stores = fixture(() => openEmptyStore(name));
  const sessions = portOf(stores, SessionStore);
  const consents = portOf(stores, ConsentStore);

  const sessionIds = async (sub: string | undefined, limit: number, at = now) =>
    (await pagesOf((page) => sessions.list(sub, page, at), limit)).map((page) => page.map(({ id }) => id));

  describe('signing keys', () => {
    const key: SigningKey = {
      algorithm: 'ES256',
      generation: 1,
      kid: 'kid-1',
      privateJwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd', key_ops: [] },
      notBefore: now,
      demo: false,
    };

    it('given a generation, when it is added again, then the first one stays', async () => {
      const keys = stores.get(SigningKeyStore);

      const added = [
        await keys.add(key),
        await keys.add({ ...key, kid: 'kid-2' }),
        await keys.add({ ...key, generation: 2, kid: 'kid-3' }),
      ];
      const listed = await keys.list();
      await keys.remove({ algorithm: 'ES256', generation: 2 });

      expect(added).toEqual([true, false, true]);
      expect(listed).toStrictEqual([key, { ...key, generation: 2, kid: 'kid-3' }]);
      expect(await keys.list()).toStrictEqual([key]);
    });
  });

  describe('sessions of the console', () => {
    it('given one, when it expires or is ended, then it is not found any more', async () => {
      const console = stores.get(ConsoleSessionStore);
      const [kept, ended] = [newSecret(), newSecret()].map((id) => ({
        id,
        operatorId: newId(),
        tokenHash: newSecret(),
        createdAt: now,
        expiresAt: now + minute,
      }));
      for (const each of [kept, ended]) if (each !== undefined) await console.begin(each);

      await console.end(ended?.id ?? '');

      expect(await console.find(kept?.id ?? '', now + minute - 1)).toStrictEqual(kept);
      expect(await console.find(kept?.id ?? '', now + minute)).toBeUndefined();
      expect(await console.find(ended?.id ?? '', now)).toBeUndefined();
    });
  });

  describe('sessions', () => {
    it('given clients that are to be told, when they are added, then each is there once, up to fifty, and none after the end', async () => {
      const { clients: _, ...begun } = session();
      await sessions.begin(begun);
      const ofSession = (clientId: string) => ({ sid: begun.id, clientId });

      for (const clientId of ['a', 'b', 'a']) await sessions.addClient(begun.id, ofSession(clientId));
      const few = await sessions.find(begun.id, now);
      for (let at = 0; at < 60; at += 1) await sessions.addClient(begun.id, ofSession(String(at)));
      await sessions.end(begun.id, now);
      await sessions.addClient(begun.id, ofSession('late'));
      const many = await sessions.findKnown(begun.id);

      expect(few?.clients).toEqual([ofSession('a'), ofSession('b')]);
      expect(many?.clients).toHaveLength(50);
      expect(many?.clients).not.toContainEqual(ofSession('late'));
    });
    it('given a complete session, when it is found, then it is what was begun, until it expires', async () => {
      const begun = session();

      await sessions.begin(begun);

      expect(await sessions.find(begun.id, begun.expiresAt - 1)).toStrictEqual(begun);
      expect(await sessions.find(begun.id, begun.expiresAt)).toBeUndefined();
    });

    it('given no optional field, when it is found, then there is none', async () => {
      const {
        secretHash: _,
        browser: _browser,
        network: _network,
        messageHash: _messageHash,
        signatureHash: _signatureHash,
        replaced: __,
        accessEnds: _accessEnds,
        ...former
      } = session();
      const { chainId: ___, accountProof: ____, ...authentication } = former.authentication;
      const begun = { ...former, authentication };

      await sessions.begin(begun);

      expect(await sessions.find(begun.id, now)).toStrictEqual(begun);
    });

    it('given a session, when it is ended, again and once more, then it is not found, and stays known', async () => {
      const [ended, other] = [session(), session()];
      for (const each of [ended, other]) await sessions.begin(each);

      const answers = [];
      for (const at of [now, now, now + minute]) answers.push(await sessions.end(ended.id, at));

      expect(answers).toEqual([true, false, false]);
      expect(await sessions.find(ended.id, now)).toBeUndefined();
      expect(await sessions.findKnown(ended.id)).toMatchObject({ id: ended.id, secretHash: ended.secretHash });
      expect(await sessions.find(other.id, now)).toStrictEqual(other);
    });

    it('given a session, when another takes its place, then it has ended, and what a replay needs alone stays known', async () => {
      const replaced = { ...session(), messageHash: newSecret(), replaced: [newId()] };
      await sessions.begin(replaced);

      const answers = [await sessions.endReplaced(replaced.id, now), await sessions.endReplaced(replaced.id, now)];

      const { id, authentication, createdAt, messageHash, signatureHash } = replaced;
      const expiresAt = expect.any(Number);
      expect(answers).toEqual([true, false]);
      expect(await sessions.find(id, now)).toBeUndefined();
      expect(await sessions.findKnown(id)).toStrictEqual({
        id,
        authentication,
        createdAt,
        expiresAt,
        messageHash,
        signatureHash,
      });
    });

    it('given a session, alive or ended, when another begins under its id, then it is refused and the first one stays', async () => {
      const first = session();
      const second = { ...session(), id: first.id };
      await sessions.begin(first);

      const whileAlive = await sessions.begin(second).catch((error: unknown) => error);
      const alive = await sessions.find(first.id, now);
      await sessions.end(first.id, now);
      const whenEnded = await sessions.begin(second).catch((error: unknown) => error);

      expect(whileAlive).toBeInstanceOf(SessionIdTakenError);
      expect(alive).toStrictEqual(first);
      expect(whenEnded).toBeInstanceOf(SessionIdTakenError);
      expect(await sessions.find(first.id, now)).toBeUndefined();
    });

    it('given one id, when 50 sessions begin under it at once, then one is begun', async () => {
      const { id } = session();

      const attempts = await Promise.allSettled(Array.from({ length: 50 }, () => sessions.begin({ ...session(), id })));

      expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('given a session that never was, when it is asked for or ended, then it is not known', async () => {
      for (const id of hostileIds) {
        await sessions.end(id, now);
        expect(await sessions.find(id, now)).toBeUndefined();
      }
      const known = await Promise.all(hostileIds.map((id) => sessions.findKnown(id)));

      expect(known).toEqual(hostileIds.map(() => undefined));
    });

    it('given a session that is just about to begin, when it is asked for, then it is known where a redemption takes two steps', async () => {
      const begun = session();

      const known = sessions.findKnown(begun.id);
      await delay(50);
      await sessions.begin(begun);

      expect(await known).toStrictEqual(name === 'mongodb' ? begun : undefined);
    });
  });

  describe('the list of sessions', () => {
    it('given sessions of two subjects, when they are listed, then each has its own, those that live, page by page', async () => {
      const [sub, other] = [newId(), newId()];
      const own = Array.from({ length: 5 }, () => session(ofSubject(sub)));
      const gone = [session(ofSubject(sub)), session({ ...ofSubject(sub), expiresAt: now })];
      for (const each of [...own, ...gone, session(ofSubject(other)), session(ofSubject(`${sub}2`))]) {
        await sessions.begin(each);
      }
      await sessions.end(gone[0]?.id ?? '', now);

      const pages = await sessionIds(sub, 2);

      expect(pages.slice(0, 3).map(({ length }) => length)).toEqual([2, 2, 1]);
      expect(pages.flat().toSorted()).toEqual(own.map(({ id }) => id).toSorted());
      expect((await sessionIds(other, 10)).flat()).toHaveLength(1);
      expect((await sessionIds(undefined, 7)).flat()).toEqual(expect.arrayContaining(pages.flat()));
      expect((await sessionIds(sub, 2, now + minute)).flat()).toEqual([]);
    });

    it('given a subject of any text, when its sessions are listed, then they are its own', async () => {
      const subs = ['a', 'a b', 'a b c', 'b', '~', '\0', 'x'.repeat(400), 'é'.repeat(300)];
      for (const sub of subs) await sessions.begin(session(ofSubject(sub)));

      for (const sub of subs) {
        const { items } = await sessions.list(sub, { limit: 10 }, now);
        expect(items.map(({ authentication }) => authentication.sub)).toEqual([sub]);
      }
    });

    it('given a place that no page has given, when it is listed from there, then it is refused', async () => {
      for (const after of ['', 'x', '[]', Buffer.from('[1]').toString('base64url'), 'é'.repeat(3_000)]) {
        await expect(sessions.list('sub', { limit: 1, after }, now)).rejects.toBeInstanceOf(PlaceUnknownError);
      }
    });
  });

  describe('consents', () => {
    it('given consents of two end-users, when those of one are listed and removed, then the others stay', async () => {
      const [one, other, first, second] = [newId(), newId(), newId(), newId()];
      for (const sub of [one, other]) {
        for (const clientId of [first, second])
          await consents.allow({ sub, clientId, scope: ['openid'], resources: [], createdAt: now });
      }
      const clientsOf = async (sub: string) =>
        (await consents.list(sub, now)).map(({ clientId }) => clientId).toSorted();

      const before = await clientsOf(one);
      await consents.removeAll({ sub: one, clientId: first });
      const fewer = await clientsOf(one);
      await consents.removeAll({ sub: one });
      const none = await clientsOf(one);
      const others = await clientsOf(other);
      await consents.removeAll({ clientId: second });

      expect([before, fewer, none, others]).toEqual([
        [first, second].toSorted(),
        [second],
        [],
        [first, second].toSorted(),
      ]);
      expect(await consents.find(one, first, now)).toBeUndefined();
      expect(await clientsOf(other)).toEqual([first]);
      await consents.removeAll({ sub: other });
    });

    const [notes, files] = ['https://notes.example/v1', 'https://files.example/?a=$b.c'];

    it('given a consent, when others are added, then it holds all of them, for its person and client only', async () => {
      const consent = { sub: 'user', clientId: 'partner', scope: ['openid'], resources: [], createdAt: now };

      await consents.allow(consent);
      const first = await consents.find('user', 'partner', now);
      await consents.allow({
        ...consent,
        scope: ['openid', 'profile'],
        resources: [
          { identifier: notes, scope: ['read'] },
          { identifier: files, scope: [] },
        ],
      });
      await consents.allow({
        ...consent,
        scope: [],
        resources: [{ identifier: notes, scope: ['write', 'read'] }],
        createdAt: now + 1,
      });

      expect(first).toStrictEqual(consent);
      expect(await consents.find('user', 'partner', now)).toStrictEqual({
        ...consent,
        scope: ['openid', 'profile'],
        resources: [
          { identifier: notes, scope: ['read', 'write'] },
          { identifier: files, scope: [] },
        ],
        createdAt: now + 1,
      });
      expect(await consents.find('partner', 'user', now)).toBeUndefined();
      expect(await consents.find('\0'.repeat(100_000), 'partner', now)).toBeUndefined();
    });
  });

  describe('a consent of a year ago', () => {
    const [sub, clientId] = ['once seen', 'partner'];
    const later = now + consentLifetime * 1000;

    it('given nothing that widened it since, when it is asked for, then it does not hold, and is not listed', async () => {
      await consents.allow({ sub, clientId, scope: ['openid'], resources: [], createdAt: now });

      const found = [await consents.find(sub, clientId, later - 1), await consents.find(sub, clientId, later)];
      const listed = [await consents.list(sub, later - 1), await consents.list(sub, later)];

      expect(found.map((consent) => consent?.scope)).toEqual([['openid'], undefined]);
      expect(listed.map(({ length }) => length)).toEqual([1, 0]);
    });

    it('given one that widened it, when it is asked for, then it holds', async () => {
      await consents.allow({ sub, clientId, scope: ['profile'], resources: [], createdAt: now + 1 });

      const found = await consents.find(sub, clientId, later);
      await consents.removeAll({ sub });

      expect(found?.scope).toEqual(['openid', 'profile']);
    });
  });

  describe('consents at once', () => {
    it('given ten of one person to one client, when they are over, then none is lost', async () => {
      const [sub, names] = [newId(), Array.from({ length: 10 }, (_, place) => `scope${place}`)];

      await Promise.all(
        names.map((each) =>
          consents.allow({
            sub,
            clientId: 'at once',
            scope: [each],
            resources: [{ identifier: 'https://notes.example/', scope: [each] }],
            createdAt: now,
          }),
        ),
      );

      const found = await consents.find(sub, 'at once', now);
      expect(found?.scope.toSorted()).toEqual(names);
      expect(found?.resources[0]?.scope.toSorted()).toEqual(names);
    });
  });

  describe('rate limits', () => {
    it('given a key of any length, when 100 count it at once, then each gets a number of its own', async () => {
      for (const key of [newId(), '\0', 'x'.repeat(100_000)]) {
        const counts = await Promise.all(
          Array.from({ length: 100 }, () => stores.get(RateLimitStore).count(key, now + minute)),
        );

        expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
      }
    });

    it('given a key that was counted, when it is looked for, then it is there until its time, and no other is', async () => {
      const [counters, key] = [stores.get(RateLimitStore), newId()];
      await counters.count(key, now + minute);

      expect(await counters.has(key, now + minute - 1)).toBe(true);
      expect(await counters.has(key, now + minute)).toBe(false);
      expect(await counters.has(newId(), now)).toBe(false);
    });
  });

  describe('the inspector', () => {
    it('given records, when they are listed, then the newest come first, each with its id, times in milliseconds', async () => {
      const inspector = stores.get(StoreInspector);
      const older = await begunGrant(stores, { createdAt: now + 2 * minute, expiresAt: now + 9 * minute });
      const newer = await begunGrant(stores, { createdAt: now + 3 * minute, expiresAt: now + 9 * minute });

      const grants = await inspector.list('grants', 2);
      const listed = await inspector.list('consents', 10);

      expect(grants.map(({ id }) => id)).toEqual([newer.id, older.id]);
      expect(grants[0]).toMatchObject({ createdAt: now + 3 * minute, expiresAt: now + 9 * minute });
      expect(listed.map(({ id }) => id)).toContain('partner user');
      expect(await inspector.count('consents')).toBe(2);
      await expect(inspector.ping()).resolves.toBeUndefined();
    });
  });

  describe('with four processes', () => {
    const processes = fixture(() => contenders(stores, 4));

    it('given a key, when 25 callers in each count it at once, then no count is lost or given twice', async () => {
      const counts = await processes.run({ name: 'count', key: newId(), callers: 25 });

      expect(counts.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    });

    it('given no RSA key, when all start for the first time at once, then one makes it and all publish it', async () => {
      const published = await processes.run({ name: 'first start' });

      const rsaKeys = (await stores.get(SigningKeyStore).list()).filter((key) => key.algorithm === 'RS256');
      expect(rsaKeys).toHaveLength(1);
      expect(published.filter((kid) => kid === rsaKeys[0]?.kid)).toHaveLength(4);
    });
  });
});
