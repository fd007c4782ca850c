import { describe, expect, it } from '@jest/globals';
import { GrantStore } from '../../src/domain/challenges/grant-store';
import type { Client } from '../../src/domain/clients/client';
import { ClientStore } from '../../src/domain/clients/client-store';
import { ConfigError } from '../../src/platform/config';
import { UserStore } from '../../src/domain/identity/user-store';
import { storeForm } from '../../src/platform/storage/environment';
import { SessionStore } from '../../src/protocols/login/session-store';
import { fixtureOfEach } from '../support/run/fixture';
import { openStores } from '../support/stores/open-stores';
import { settingsFor } from '../support/service/production';
import { begunGrant, sampleGrant } from '../support/stores/sample-grants';
import { contentsOf } from '../support/stores/store-contents';
import { putRecord, rememberEnvironment, rememberMark } from '../support/stores/store-environment';
import { emptyStore, bothStores } from '../support/stores/stores';
import { startTypeScript } from '../support/run/ts-process';

const production = { NODE_ENV: 'production' };
const development = { NODE_ENV: 'development' };

/** Each with the environment that may not use a store of the first. */
const environments = [
  { own: 'development', ownEnv: development, other: 'production', otherEnv: production },
  { own: 'production', ownEnv: production, other: 'development', otherEnv: development },
] as const;

const client: Client = {
  clientId: 'a client',
  name: 'A client',
  authentication: 'none',
  redirectUris: ['https://client.example/callback'],
  firstParty: true,
  scopes: ['openid'],
  idTokenAlgorithm: 'ES256',
  demo: false,
};
const user = { id: 'subject', username: 'user', passwordHash: '$argon2id$…', demo: false };
const key = {
  algorithm: 'ES256',
  generation: 1,
  kid: 'kid',
  privateJwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd' },
  notBefore: Date.now(),
  demo: false,
} as const;
const demo = true;

describe.each(bothStores)('the environment of a store on %s', (name) => {
  const store = fixtureOfEach(() => emptyStore(name));
  const tessera = (args: readonly string[], env: Readonly<Record<string, string>>) =>
    startTypeScript('src/apps/cli/main.ts', args, { ...store.env, ...settingsFor(env), ...env });

  /** Opens the store with these settings, and closes it. Resolves with the line of a refusal. */
  async function opened(env: Readonly<Record<string, string>>): Promise<string | undefined> {
    try {
      await (await openStores(store, env)).close();
      return undefined;
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      return (error as ConfigError).message;
    }
  }

  /** The setting that selects the store, as a refusal names it. */
  const setting = () => (name === 'lmdb' ? `DATA_DIR: "${store.env['DATA_DIR']}"` : 'MONGODB_URI: (hidden)');

  it.each(environments)(
    'given a first start in $own, when $other opens it, then it is refused and writes nothing, and $own may go on',
    async ({ own, ownEnv, other, otherEnv }) => {
      const first = await opened(ownEnv);
      const before = await contentsOf(name, store);

      const refusal = await opened(otherEnv);

      expect(first).toBeUndefined();
      expect(refusal).toBe(
        `${setting()} is not allowed; allowed: in ${other} a store of its own; this one is of ${own} by its first start`,
      );
      expect(await contentsOf(name, store)).toBe(before);
      expect(await opened(ownEnv)).toBeUndefined();
    },
  );

  const records = [
    ['a client', 'clients', client.clientId, client],
    ['a user', 'users', user.username, user],
    ['a key', 'signing_keys', 'ES256:1', key],
    ['a grant', 'grants', 'grant', sampleGrant(Date.now())],
  ] as const;

  it.each(records)(
    'given a store that holds %s and no number of its form, when it is opened, then it is refused and writes nothing',
    async (_what, table, id, value) => {
      await putRecord(name, store, { table, id, value: { ...value } });
      const before = await contentsOf(name, store);

      const refusals = [await opened(development), await opened(production)];

      const refusal = `${setting()} is not allowed; allowed: a store of form ${storeForm}; this one has no number`;
      expect(refusals).toEqual([refusal, refusal]);
      expect(await contentsOf(name, store)).toBe(before);
    },
  );

  it.each([
    ['that of an older version', storeForm - 1, `is of form ${storeForm - 1}`],
    ['that of a newer version', storeForm + 1, `is of form ${storeForm + 1}`],
    ['none, but an environment', undefined, 'has no number'],
  ])(
    'given a store in use whose number is %s, when it is opened, then it is refused and writes nothing, until the number is right',
    async (_what, form, words) => {
      await opened(development);
      await rememberMark(name, store, { name: 'development', ...(form !== undefined && { form }) });
      const before = await contentsOf(name, store);

      const refusals = [await opened(development), await opened(production)];

      const refusal = `${setting()} is not allowed; allowed: a store of form ${storeForm}; this one ${words}`;
      expect(refusals).toEqual([refusal, refusal]);
      expect(await contentsOf(name, store)).toBe(before);
      await rememberEnvironment(name, store, 'development');
      expect(await opened(development)).toBeUndefined();
    },
  );

  it('given an empty store and two processes of each environment at once, when they open it, then one environment has it', async () => {
    const starts = [development, production, development, production].map(async (env) => {
      const settings = { ...store.env, ...settingsFor(env), ...env };
      const started = startTypeScript('test/support/stores/contender.ts', [], settings);
      const isOpen = await started.message().then(
        () => true,
        () => false,
      );
      await started.kill();
      return { environment: env.NODE_ENV, isOpen };
    });

    const outcomes = await Promise.all(starts);

    const winners = new Set(outcomes.filter(({ isOpen }) => isOpen).map(({ environment }) => environment));
    const losers = new Set(outcomes.filter(({ isOpen }) => !isOpen).map(({ environment }) => environment));
    expect(winners.size).toBe(1);
    expect([...winners].filter((environment) => losers.has(environment))).toEqual([]);
  });

  const commands = [
    ['tessera clients list', ['clients', 'list']],
    ['tessera keys rotate', ['keys', 'rotate', '--immediately']],
    ['tessera grants end', ['grants', 'end', '--sub', 'nobody']],
    ['tessera store backup', ['store', 'backup', '/nonexistent/copy']],
  ] as const;

  it.each([
    ['the service', 'src/main.ts', []] as const,
    ...commands.map(([what, args]) => [what, 'src/apps/cli/main.ts', args] as const),
  ])(
    'given a store of another form, when %s starts, then it ends with 78 and one line, and writes nothing',
    async (_what, script, args) => {
      await rememberMark(name, store, { name: 'production', form: storeForm + 1 });
      const before = await contentsOf(name, store);

      const started = startTypeScript(script, args, { ...store.env, ...settingsFor(production), ...production });

      expect(await started.exited).toBe(78);
      expect(started.output()).toMatch(
        /^(?:tessera: )?(?:DATA_DIR|MONGODB_URI): [^\n]+; allowed: a store of form [^\n]+\n$/,
      );
      expect(await contentsOf(name, store)).toBe(before);
    },
  );

  it.each(environments.flatMap((each) => commands.map(([what, args]) => ({ ...each, what, args }))))(
    'given a store of $own, when $what runs in $other, then it ends with 78 and one line, and writes nothing',
    async ({ ownEnv, otherEnv, args }) => {
      await opened(ownEnv);
      const before = await contentsOf(name, store);

      const command = tessera(args, otherEnv);

      expect(await command.exited).toBe(78);
      expect(command.output()).toMatch(/^tessera: (?:DATA_DIR|MONGODB_URI): [^\n]+ is not allowed; allowed: [^\n]+\n$/);
      expect(await contentsOf(name, store)).toBe(before);
    },
  );

  it('given demo records in a store of production, when a command works on it, then it ends with 78 as the service does', async () => {
    const stores = await openStores(store, production);
    await stores.get(UserStore).save({ ...user, demo });
    await stores.close();

    const command = tessera(['users', 'list'], production);

    expect(await command.exited).toBe(78);
    expect(command.output()).toContain('in production a store without demo accounts or keys');
  });

  it('given demo records in a store of production, when they are looked for, then they are not there, and known of', async () => {
    const stores = await openStores(store, production);
    const [clients, users] = [stores.get(ClientStore), stores.get(UserStore)];
    // Between others, so that a page of them would end at the demo record if it were read.
    for (const id of ['A', 'B', 'a client', 'z']) {
      const redirectUris = [`https://${id.replace(' ', '-')}.example/callback`];
      await clients.save({ ...client, clientId: id, redirectUris, demo: id === client.clientId });
    }
    for (const id of ['a', 'b', 'user', 'z']) {
      await users.save({ ...user, id: `subject of ${id}`, username: id, demo: id === user.username });
    }
    const found = [
      await clients.find(client.clientId),
      await clients.change(client.clientId, neverAsked),
      await users.findByUsername(user.username),
      await users.find('subject of user'),
      await users.change('subject of user', neverAsked),
    ];
    const lists = [
      (await clients.list()).map(({ clientId }) => clientId),
      (await clients.page(3)).map(({ clientId }) => clientId),
      (await users.page(3)).map(({ username }) => username),
    ];
    const origins = [await clients.hasOrigin('https://a-client.example'), await clients.hasOrigin('https://z.example')];
    const known = [await clients.hasDemoClients(), await users.hasDemoUsers()];
    await stores.close();

    expect(found).toEqual(Array(5).fill(undefined));
    expect(lists).toEqual([
      ['A', 'B', 'z'],
      ['A', 'B', 'z'],
      ['a', 'b', 'z'],
    ]);
    expect(origins).toEqual([false, true]);
    expect(known).toEqual([true, true]);
  });

  it('given what a demo account has in a store of production, when it is looked for, then it is not there', async () => {
    const now = Date.now();
    const stores = await openStores(store, production);
    const [sessions, grants] = [stores.get(SessionStore), stores.get(GrantStore)];
    const accounts = ['user0', 'subject'];
    for (const sub of accounts) {
      const authentication = { sub, amr: ['pwd'], authTime: Math.floor(now / 1000) };
      await sessions.begin({ id: `session of ${sub}`, authentication, createdAt: now, expiresAt: now + 60_000 });
      await begunGrant(stores, { id: `grant of ${sub}`, authentication });
    }

    const found = await Promise.all(
      accounts.map(async (sub) => [
        (await sessions.find(`session of ${sub}`, now))?.authentication.sub,
        (await sessions.findKnown(`session of ${sub}`))?.authentication.sub,
        (await grants.find(`grant of ${sub}`))?.authentication.sub,
        (await grants.list({ sub }, { limit: 10 }, now)).items.length,
      ]),
    );
    const listed = await sessions.list(undefined, { limit: 10 }, now);
    await stores.close();

    expect(found).toEqual([
      [undefined, undefined, undefined, 0],
      ['subject', 'subject', 'subject', 1],
    ]);
    expect(listed.items.map(({ id }) => id)).toEqual(['session of subject']);
  });
});

/** For a record that is not there. */
function neverAsked(record: object): never {
  throw new Error(`read: ${JSON.stringify(record)}`);
}
