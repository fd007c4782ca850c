import { setImmediate as nextTurn } from 'node:timers/promises';
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Outbound, type OutboundRequest } from './outbound';
import { OutboundError } from './outbound-failure';

const development = new Outbound({ production: false });
const document = { namedBy: 'us', accept: ['application/json'], atMost: 100, within: 5_000 } as const;
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close();
    if ('closeAllConnections' in server) (server.closeAllConnections as () => void).call(server);
  }
});

async function listening(server: Server, ip = '127.0.0.1'): Promise<number> {
  servers.push(server);
  server.listen(0, ip);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function serving(answer: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listening(createHttpServer(answer))}/document`;
}

/** A server that answers every request with these bytes. */
async function answering(bytes: string, andThen: (socket: Socket) => void = () => {}): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.write(bytes, () => andThen(socket)));
  });
  return `http://127.0.0.1:${await listening(server)}/document`;
}

async function failureOf(outbound: Outbound, request: Pick<OutboundRequest, 'url'> & Partial<OutboundRequest>) {
  const error = await outbound.fetch({ ...document, ...request }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof OutboundError ? error.failure : error;
}

describe('what is fetched', () => {
  it('given a document, when it is fetched, then its text and how long it may be kept come back', async () => {
    const url = await serving((_request, response) => {
      response.writeHead(200, { 'content-type': 'Application/JSON; charset=utf-8', 'cache-control': 'max-age=60' });
      response.end('{"ü":1}');
    });

    expect(await development.fetch({ ...document, url })).toEqual({ text: '{"ü":1}', cacheControl: 'max-age=60' });
  });

  it('given a form, when it is posted, then it arrives, and any success is one', async () => {
    const received: unknown[] = [];
    const url = await serving((request, response) => {
      request
        .setEncoding('utf8')
        .on('data', (text) => received.push(request.method, request.headers['content-type'], text));
      request.on('end', () => response.writeHead(204).end());
    });

    await development.fetch({ url, namedBy: 'us', form: new URLSearchParams({ a: 'b c' }), atMost: 0, within: 5_000 });

    expect(received).toEqual(['POST', 'application/x-www-form-urlencoded', 'a=b+c']);
  });

  it('given a name with a port, when it is fetched, then nothing goes along that names this server or a person', async () => {
    let sent: object = {};
    const url = await serving(({ headers }, response) => {
      sent = headers;
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });

    await development.fetch({ ...document, url });

    expect(Object.keys(sent).toSorted()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent']);
  });
});

describe('which hosts are reached', () => {
  it.each([
    ['a relative URL', '/document'],
    ['another scheme', 'file:///etc/passwd'],
    ['a user in the URL', 'https://user@example.com/'],
    ['http elsewhere', 'http://example.com/'],
    ['http to the metadata of a cloud', 'http://169.254.169.254/latest'],
  ])('given %s, when it is fetched, then it is refused unasked', async (_what, url) => {
    expect(await failureOf(development, { url })).toBe('url_refused');
  });

  it('given http on loopback, when it is fetched in production, then it is refused unasked', async () => {
    expect(await failureOf(new Outbound({ production: true }), { url: 'http://127.0.0.1:1/' })).toBe('url_refused');
  });

  it.each([
    'https://127.0.0.1/',
    'https://localhost/',
    'https://[::1]/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://[::ffff:10.0.0.1]/',
    'https://10.0.0.1/',
  ])('given %s, when it is fetched, in development too, then its IP address is refused', async (url) => {
    expect(await failureOf(development, { url })).toBe('ip_refused');
  });

  it('given a name with a public and a private IP address, when it is fetched, then it is refused', async () => {
    const outbound = new Outbound({ production: true, resolve: async () => ['1.1.1.1', '10.0.0.1'] });

    expect(await failureOf(outbound, { url: 'https://two.example/' })).toBe('ip_refused');
  });

  it('given a name that has none, when it is fetched, then that is said', async () => {
    const outbound = new Outbound({ production: true, resolve: async () => [] });

    expect(await failureOf(outbound, { url: 'https://none.example/' })).toBe('name_unresolved');
  });

  it('given a name that means another host after the check, when it is fetched, then the checked one is connected to, by its name', async () => {
    const greetings: Buffer[] = [];
    const inside: Socket[] = [];
    const port = await listening(
      createTcpServer((socket) =>
        socket
          .on('error', () => {})
          .once('data', (bytes) => {
            greetings.push(Buffer.from(bytes));
            socket.destroy();
          }),
      ),
      '127.0.0.2',
    );
    servers.push(createTcpServer((socket) => void inside.push(socket)).listen(port, '127.0.0.1'));
    const answers = [['127.0.0.2'], ['127.0.0.1']];
    const outbound = new Outbound({
      production: true,
      resolve: async () => answers.shift() ?? [],
      isAllowedIp: (ip) => ip === '127.0.0.2',
    });

    const failure = await failureOf(outbound, { url: `https://rebound.example:${port}/` });

    expect(failure).toBe('unreachable');
    expect(greetings.map((bytes) => bytes.includes('rebound.example'))).toEqual([true]);
    expect(inside).toEqual([]);
    expect(answers).toHaveLength(1);
  });
});

describe('hostile servers', () => {
  it('given a redirect, when it comes, then it is not followed', async () => {
    let asked = 0;
    const url = await serving((_request, response) => {
      asked += 1;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });

    expect(await failureOf(development, { url })).toBe('redirected');
    expect(asked).toBe(1);
  });

  it.each([201, 204, 404, 500])('given the status %d, when it comes, then it is no document', async (status) => {
    const url = await serving((_request, response) => void response.writeHead(status).end());

    expect(await failureOf(development, { url })).toBe('status');
  });

  it.each(['text/html', 'application/jsonp', ''])(
    'given the content type "%s", when it comes, then it is no document',
    async (type) => {
      const url = await serving(
        (_request, response) => void response.writeHead(200, { 'content-type': type }).end('{}'),
      );

      expect(await failureOf(development, { url })).toBe('content_type');
    },
  );

  it('given a compressed body, when it comes, then it is not unpacked', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const url = await serving((_request, response) => void response.writeHead(200, headers).end('{}'));

    expect(await failureOf(development, { url })).toBe('encoded');
  });

  it('given a length beyond the limit, when it is announced, then nothing of it is read', async () => {
    const url = await answering('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 101\r\n\r\n');

    expect(await failureOf(development, { url })).toBe('too_large');
  });

  it('given a body without end and without a length, when it is read, then it is left at the limit', async () => {
    let written = 0;
    const url = await serving((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = () => {
        while (!response.destroyed && response.write(' '.repeat(65_536))) written += 65_536;
      };
      response.on('drain', more);
      more();
    });

    expect(await failureOf(development, { url })).toBe('too_large');
    expect(written).toBeLessThan(50_000_000);
  });

  it('given a longer length than the body, when the connection ends, then it is no document', async () => {
    const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n';
    const url = await answering(`${head}{}`, (socket) => socket.end());

    expect(await failureOf(development, { url })).toBe('incomplete');
  });

  it('given a shorter length than the body, when it is read, then the rest is none of it', async () => {
    const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n';
    const url = await answering(`${head}{}HTTP/1.1 200 OK\r\n\r\nmore`);

    expect((await development.fetch({ ...document, url })).text).toBe('{}');
  });

  it('given another protocol than HTTP, when the server changes to it, then nothing more is waited for', async () => {
    const url = await answering('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n');

    expect(await failureOf(development, { url })).toBe('incomplete');
  });

  it.each([
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}'],
    ['headers without end', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(100_000)}`],
  ])('given %s, when it comes, then it is unreachable', async (_what, bytes) => {
    expect(await failureOf(development, { url: await answering(bytes) })).toBe('unreachable');
  });

  it.each([
    ['no answer', ''],
    ['no end of the headers', 'HTTP/1.1 200 OK\r\n'],
    ['no end of the body', 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5\r\n\r\n{'],
  ])('given %s, when the time is over, then it is given up', async (_what, bytes) => {
    expect(await failureOf(development, { url: await answering(bytes), within: 100 })).toBe('timeout');
  });

  it('given a name server that does not answer, when the time is over, then it is given up', async () => {
    const outbound = new Outbound({ production: true, resolve: () => new Promise(() => {}) });

    expect(await failureOf(outbound, { url: 'https://slow.example/', within: 50 })).toBe('timeout');
  });

  it('given a port where nobody listens, when it is fetched, then it is unreachable, and the error holds nothing that was sent', async () => {
    const port = await listening(createTcpServer());
    servers.pop()?.close();
    const form = new URLSearchParams({ logout_token: 'a-secret' });

    const error = await development
      .fetch({ url: `http://127.0.0.1:${port}/`, namedBy: 'us', form, atMost: 0, within: 5_000 })
      .catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ failure: 'unreachable' });
    expect(JSON.stringify([error, String((error as Error).cause), (error as Error).stack])).not.toContain('a-secret');
  });
});

describe('how much is fetched at once', () => {
  it('given more requests to a host than are allowed at once, when they end, then others are let in again', async () => {
    const waiting: (() => void)[] = [];
    const url = await serving((_request, response) => {
      waiting.push(() => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
      if (waiting.length === 4) for (const answer of waiting.splice(0)) answer();
    });

    const failures = await Promise.all(Array.from({ length: 6 }, () => failureOf(development, { url })));
    const later = development.fetch({ ...document, url, within: 100 });

    expect(failures).toEqual([undefined, undefined, undefined, undefined, 'busy', 'busy']);
    await expect(later).rejects.toMatchObject({ failure: 'timeout' });
  });

  it('given as much as strangers may have fetched at once, when we named another URL, then it is fetched', async () => {
    const waiting: (() => void)[] = [];
    const hosts = await Promise.all(
      Array.from({ length: 8 }, () => serving((_request, response) => void waiting.push(() => response.end()))),
    );
    const url = await serving((_request, response) => void response.end('{}'));
    const theirs = { accept: undefined, namedBy: 'untrusted' } as const;
    const held = Array.from({ length: 32 }, (_, at) => failureOf(development, { ...theirs, url: hosts[at % 8] ?? '' }));
    while (waiting.length < 32) await nextTurn();

    expect(await failureOf(development, { ...theirs, url })).toBe('busy');
    expect(await failureOf(development, { accept: undefined, url })).toBeUndefined();
    for (const answer of waiting) answer();
    await Promise.all(held);
  });
});
