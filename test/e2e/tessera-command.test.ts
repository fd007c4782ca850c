import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { commands } from '../../src/apps/cli/commands';
import { generalHelp } from '../../src/apps/cli/help';
import { admin, adminToken } from '../support/operations/admin';
import { fixture } from '../support/run/fixture';
import { temporaryDirectory } from '../support/run/temporary-directory';
import { startServiceOn } from '../support/service/service';
import { emptyStore, storesUnderTest } from '../support/stores/stores';
import { tessera, tesseraHere } from '../support/operations/tessera-command';

const file = `# What a team keeps in its repository.
apis:
  - identifier: https://notes.example/
    name: Notes
    scopes:
      - { name: read, description: Read your notes }
clients:
  - client_id: notes-web
    redirect_uris: [https://notes.example/cb]
    default_resource: https://notes.example/
    first_party: true
  - client_id: notes-dapp
    wallet_origin: https://notes.example
users:
  - username: Anna
    password: correct horse battery
    email: anna@example.com
`;

describe.each(storesUnderTest)('the command tessera on %s', (storeName) => {
  const directory = temporaryDirectory();
  const store = fixture(() => emptyStore(storeName));
  const service = fixture(() => startServiceOn(store, { ADMIN_TOKEN: adminToken }));

  const run = (args: readonly string[], input?: string) => tesseraHere(args, { ...store.env }, input);
  const runAsProcess = (args: readonly string[], input?: string) => tessera(args, { ...store.env }, input);
  const inFile = (text: string, name = 'tessera.yaml') => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };
  const apply = (text: string, ...options: readonly string[]) => run(['apply', inFile(text), ...options]);

  it('given clients, when they are added, listed, changed and removed, then the running service sees it', async () => {
    const uris = '--redirect-uris https://a.example/cb --redirect-uris=https://a.example/2';
    const line = `clients add --json --client-id web ${uris} --first-party --no-require-state`;
    const added = await runAsProcess(line.split(' '));
    const secret = await runAsProcess(['clients', 'secret', 'web', '--expires-old-in', '60', '--json']);
    const changed = await runAsProcess(['clients', 'change', 'web', '--client-name', 'The web', '--first-party=false']);
    const listed = await runAsProcess(['clients', 'list', '--json']);
    const seen = await admin(service, 'GET', '/clients/web');
    const removed = await runAsProcess(['clients', 'remove', 'web']);
    const gone = await runAsProcess(['clients', 'show', 'web']);

    expect([added.status, added.stderr]).toEqual([0, '']);
    expect(JSON.parse(added.stdout)).toMatchObject({
      client_id: 'web',
      redirect_uris: ['https://a.example/cb', 'https://a.example/2'],
      first_party: true,
      require_state: false,
      client_secret: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(JSON.parse(secret.stdout).client_secret).not.toBe(JSON.parse(added.stdout).client_secret);
    expect(changed.stdout).toMatch(/^client_name: The web$/m);
    expect(JSON.parse(listed.stdout).data).toContainEqual(expect.objectContaining({ client_id: 'web' }));
    expect(seen.body).toMatchObject({ client_name: 'The web', first_party: false });
    expect([removed.status, gone.status, gone.stderr]).toEqual([0, 1, 'tessera: There is no such record\n']);
  });

  it('given a user, when it is added, then the password comes from standard input and is not printed', async () => {
    const added = await run(['users', 'add', '--username', 'Bert', '--email', 'bert@example.com'], 'correct horse\n');
    const shown = await run(['users', 'show', 'bert', '--json']);
    const changed = await run(['users', 'change', 'BERT', '--password', '--email', ''], 'another horse\r\n');
    const without = await run(['users', 'add', '--username', 'Carl'], '');
    const onTheLine = await run(['users', 'add', '--username', 'Carl', '--password', 'correct horse']);

    expect([added.status, changed.status]).toEqual([0, 0]);
    expect(added.stdout + shown.stdout + changed.stdout).not.toMatch(/horse|argon2/);
    expect(JSON.parse(shown.stdout)).toMatchObject({ username: 'Bert', email: 'bert@example.com' });
    expect(changed.stdout).not.toContain('bert@example.com');
    const empty = 'tessera: the password is read from standard input, which is empty\n';
    expect([without.status, without.stderr]).toEqual([1, empty]);
    expect([onTheLine.status, onTheLine.stderr]).toEqual([1, 'tessera: unknown option --password\n']);
  });

  it('given an API, when it is added and removed, then its scopes are what was written', async () => {
    const scopes = ['--scopes', 'read=Read your notes', '--scopes', 'write=a = b'];
    const named = ['--identifier', 'https://api.example/', '--name', 'An API'];
    const added = await run(['apis', 'add', '--json', ...named, ...scopes]);
    const secret = await run(['apis', 'secret', 'https://api.example']);
    const removed = await run(['apis', 'remove', 'https://api.example/']);

    expect(JSON.parse(added.stdout)).toMatchObject({
      scopes: [
        { name: 'read', description: 'Read your notes' },
        { name: 'write', description: 'a = b' },
      ],
    });
    expect(secret.stdout).toMatch(/^client_id: .+\nclient_secret: [\w-]{43}\n$/);
    expect(removed.status).toBe(0);
  });

  it('given keys and logins, when they are listed, rotated and ended, then the command says what it did', async () => {
    const keys = await run(['keys', 'list', '--json']);
    const rotated = await run(['keys', 'rotate']);
    const sessions = await run(['sessions', 'list', '--sub', 'nobody', '--json']);
    const ended = await run(['grants', 'end', '--sub', 'nobody']);
    const nothing = await run(['sessions', 'end']);
    const empty = await run(['grants', 'end', '--sub', '']);

    expect(JSON.parse(keys.stdout).data).toContainEqual(expect.objectContaining({ alg: 'RS256', state: 'signing' }));
    expect(rotated.stdout).toMatch(/^RS256 {2}[\w-]{43} {2}upcoming$/m);
    expect(JSON.parse(sessions.stdout)).toEqual({ data: [] });
    expect([ended.status, ended.stdout]).toEqual([0, '0 ended\n']);
    expect([nothing.status, empty.status]).toEqual([1, 1]);
  });

  describe('apply', () => {
    it('given a file, when it is applied twice, then the first brings it about and the second changes nothing', async () => {
      const diff = await apply(file, '--diff');
      const first = await apply(file);
      const second = await apply(file);
      const again = await apply(file, '--json');
      const client = await admin(service, 'GET', '/clients/notes-web');

      expect(diff.stdout).toMatch(
        /^api https:\/\/notes\.example\/ would be added: .*\nclient notes-web would be added/,
      );
      expect(diff.stdout).not.toContain('client_secret:');
      expect(first.status).toBe(0);
      expect(first.stdout).toMatch(/^client notes-web added: .*\n {2}client_secret: [\w-]{43}$/m);
      expect(first.stdout).toMatch(/^user Anna added: username, password, email$/m);
      expect([second.status, second.stdout]).toEqual([0, 'nothing to change\n']);
      expect(JSON.parse(again.stdout)).toEqual({ changes: [] });
      expect(client.body).toMatchObject({ default_resource: 'https://notes.example/', first_party: true });
    });

    it('given a change in the file, when it is applied, then it alone is made, and what is not named stays', async () => {
      await apply(file);
      await admin(service, 'PATCH', '/clients/notes-web', { client_uri: 'https://notes.example' });

      const { status, stdout } = await apply(
        file
          .replace('first_party: true', 'first_party: false')
          .replace('email: anna@example.com', 'email: null')
          .replace('correct horse battery', 'another horse battery'),
      );
      const { body } = await admin(service, 'GET', '/clients/notes-web');
      await apply(file);

      expect([status, stdout]).toEqual([
        0,
        'client notes-web changed: first_party\nuser Anna changed: email, password\n',
      ]);
      expect(body).toMatchObject({ first_party: false, client_uri: 'https://notes.example' });
    });

    it('given an empty file, when it is applied, then there is nothing to change', async () => {
      const { status, stdout, stderr } = await apply('# nothing\n');

      const rest = stdout.split('\n').filter((line) => !line.endsWith(' would be removed with --prune'));
      expect([status, rest, stderr]).toEqual([0, ['nothing to change', ''], '']);
    });
  });
});

describe('what tessera refuses', () => {
  const store = emptyStore('lmdb');
  const directory = temporaryDirectory();

  beforeAll(async () => {
    const keys = ['clients', 'add', '--preset', 'spa', '--client-id', 'spa', '--redirect-uris', 'https://a.example/cb'];
    expect((await tesseraHere(keys, store.env)).status).toBe(0);
    const user = await tesseraHere(['users', 'add', '--username', 'user0'], store.env, 'correct horse');
    expect(user.status).toBe(0);
  });
  afterAll(async () => {
    const clients = await tesseraHere(['clients', 'list'], store.env);
    const users = await tesseraHere(['users', 'list'], store.env);
    expect([clients.stdout, users.stdout.split('\n').length]).toEqual(['spa  spa  none\n', 2]);
    await store.remove();
  });

  const run = (args: readonly string[]) => tesseraHere(args, store.env);

  it.each([
    [['clients', 'add', '--preset', 'none'], 'tessera: preset is not allowed so; allowed: spa, dapp, '],
    [['clients', 'add', '--colour', 'red'], 'tessera: unknown option --colour'],
    [['clients', 'add', '--client-name'], 'tessera: --client-name needs a value'],
    [['clients', 'add', '--client-name', 'a', '--client-name', 'b'], 'tessera: --client-name is given twice'],
    [['clients', 'add', '--first-party=perhaps'], 'tessera: first_party is not allowed so; allowed: true or false'],
    [['clients', 'show'], 'tessera: <client_id> is missing'],
    [['clients', 'show', 'a', 'b'], 'tessera: only one argument is allowed'],
    [['clients', 'secret', 'spa', '--expires-old-in', '-1'], 'tessera: expires_old_in is not allowed so; '],
    [['clients', 'secret', 'spa', '--expires-old-in', ''], 'tessera: expires_old_in is not allowed so; '],
    [['clients', 'list', '--json=yes'], 'tessera: --json takes no value'],
    [['keys', 'rotate', '--immediately=yes'], 'tessera: --immediately takes no value'],
    [['apply', '--diff=', '/nowhere/tessera.yaml'], 'tessera: --diff takes no value'],
    [['users', 'change', 'user0', '--password=correct horse'], 'tessera: --password takes no value'],
    [['users', 'add', '--username', 'dora', '--password'], 'tessera: unknown option --password'],
    [['apis', 'add', '--identifier', 'HTTP://localhost:3000'], 'tessera: There is one already'],
    [['clients', 'paint'], 'tessera: unknown command'],
    [['apply', '/nowhere/tessera.yaml'], 'tessera: /nowhere/tessera.yaml cannot be read'],
  ])('given %j, when it is run, then it is refused in one line with status 1', async (args, line) => {
    const { status, stdout, stderr } = await run(args);

    expect([status, stdout]).toEqual([1, '']);
    expect(stderr.startsWith(line)).toBe(true);
    expect(stderr.trimEnd()).not.toContain('\n');
  });

  it.each([
    ['an unknown key at the top', 'colours:\n  - red\n', 1, 'colours is not allowed so'],
    ['an unknown field', `${file}    role: admin\n`, 18, 'role is not allowed so'],
    [
      'a wrong value',
      file.replace('first_party: true', 'first_party: yes please'),
      11,
      'first_party is not allowed so',
    ],
    [
      'a wrong item',
      file.replace('[https://notes.example/cb]', '[javascript:x]'),
      9,
      'redirect_uris is not allowed so',
    ],
    ['a client without id', `${file.split('users:')[0]}  - client_name: x\n`, 14, 'client_id is not allowed so'],
    [
      'the issuer as an API',
      'apis:\n  - name: Own\n    identifier: http://localhost:3000/\n',
      3,
      'identifier is not allowed so; allowed: any but the issuer',
    ],
    [
      'an API that is nowhere',
      file.replace('default_resource: https://notes', 'default_resource: https://x'),
      10,
      'default_resource is',
    ],
    ['a client twice', file.replace('notes-dapp', 'notes-web'), 12, 'client_id is in the file before'],
    [
      'a user twice',
      `${file}  - username: ANNA\n    password: password of anna\n`,
      18,
      'username is in the file before',
    ],
    ['an unknown field that is to go', `${file}    role: null\n`, 18, 'role is not allowed so'],
    ['a key twice', `${file}users: []\n`, 18, 'this is not YAML: duplicate key'],
    ['no YAML', 'clients: [\n', 2, 'this is not YAML: '],
    ['a tag', 'clients: !!js/function "x"\n', 1, 'this is not YAML: '],
    ['a map for a list', 'clients:\n  notes-web: {}\n', 1, 'clients must be a list'],
    ['a text for a map', 'clients:\n  - notes-web\n', 2, 'clients must be a list of maps'],
    ['a list at the top', '- clients\n', 1, 'the file must be a map'],
  ])(
    'given a file with %s, when it is applied, then the line is named and nothing is written',
    async (_what, text, line, sentence) => {
      const fresh = text
        .replaceAll('notes-', 'unwritten-')
        .replaceAll('Anna', 'Unwritten')
        .replaceAll('ANNA', 'UNWRITTEN');

      const path = join(directory, 'tessera.yaml');
      writeFileSync(path, fresh);

      const { status, stdout, stderr } = await run(['apply', path]);

      expect([status, stdout]).toEqual([1, '']);
      expect(stderr).toContain(`tessera.yaml:${line}: ${sentence.replaceAll('notes-', 'unwritten-')}`);
    },
  );
});

describe('the help of tessera', () => {
  it('given --help, when it is asked, then every command is listed, and each has a help of its own', async () => {
    expect((await tessera(['--help'])).stdout).toBe(generalHelp(commands));
    expect((await tessera(['keys', '--help'])).stdout).toMatch(
      /^tessera: .*\n\n {2}keys list .*\n {2}keys rotate .*\n\n/,
    );
    const { status, stdout } = await tessera(['clients', 'add', '--help']);
    expect([status, stdout.startsWith('npm run --silent tessera -- clients add [options]')]).toEqual([0, true]);
  });
});

describe('the exit status of tessera', () => {
  it('given a wrong setting, when it is run, then it is 78 and the setting is named', async () => {
    const { status, stderr } = await tessera(['clients', 'list'], { PORT: 'x' });

    expect([status, stderr]).toEqual([
      78,
      'tessera: PORT: "x" is not allowed; allowed: a whole number from 1 to 65535\n',
    ]);
  });

  it('given a database that does not answer, when it is run, then it is 69', async () => {
    const { status, stderr } = await tessera(['clients', 'list'], { MONGODB_URI: 'mongodb://127.0.0.1:1/none' });

    expect([status, stderr]).toEqual([
      69,
      'tessera: the database does not answer; run the command again when it does\n',
    ]);
  });
});
