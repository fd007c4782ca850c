import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fixture } from '../support/run/fixture';
import { expectEnvelope } from '../support/service/envelope';
import { sendBytes, sendRaw } from '../support/service/raw-http';
import { startService } from '../support/service/service';

describe('the envelope of errors', () => {
  const service = fixture(startService);

  const invalid = { error: 'invalid_request', error_description: expect.any(String) };

  it.each<[what: string, method: string, path: string, status: number, headers?: Record<string, string>]>([
    ['an unknown path', 'GET', '/nothing', 404],
    ['a path in another case', 'GET', '/TOKEN', 404],
    ['a path with a slash at its end', 'POST', '/token/', 404],
    ['the path of another origin', 'GET', '//evil.example/token', 404],
    ['a broken escape', 'GET', '/%zz', 400],
    ['an escape that is no UTF-8', 'GET', '/%ff', 400],
    ['a NUL byte', 'GET', '/%00', 404],
    ['a NUL byte in the path of a file', 'GET', '/docs/assets/%00', 404],
    ['a path of 10,000 characters', 'GET', `/${'a'.repeat(10_000)}`, 404],
    ['a traversal', 'GET', '/assets/../../package.json', 404],
    ['an escaped traversal', 'GET', '/assets/%2e%2e/%2e%2e/package.json', 404],
    ['a method that HTTP knows and we do not', 'PROPFIND', '/token', 405],
    ['a method of an unknown path', 'PROPFIND', '/nothing', 404],
    ['a file with a range beyond the end', 'GET', '/assets/pages.css', 416, { range: 'bytes=99999999-' }],
    ['a version of a file that is not there', 'GET', '/assets/pages.css', 412, { 'if-match': '"another"' }],
  ])('given %s, when it is asked, then it is the envelope', async (_case, method, path, status, headers = {}) => {
    const answer = await sendRaw(service, { method, path, headers });

    expect(answer.status).toBe(status);
    expectEnvelope(answer);
    expect(JSON.parse(answer.text)).toEqual(invalid);
  });

  it.each([
    ['GET', '/token', 'POST'],
    ['PUT', '/token', 'POST'],
    ['DELETE', '/authorize', 'GET, HEAD, POST'],
    ['POST', '/api/me', 'GET, HEAD'],
    ['PATCH', '/userinfo', 'GET, HEAD, POST'],
    ['POST', '/.well-known/jwks.json', 'GET, HEAD'],
    ['GET', '/wallet/verify', 'POST'],
    ['TRACE', '/token', 'POST'],
    ['OPTIONS', '/authorize', 'GET, HEAD, POST'],
    ['POST', '/', 'GET, HEAD'],
    ['POST', '/assets/pages.css', 'GET, HEAD'],
    ['POST', '/health/ready', 'GET, HEAD'],
  ])('given %s %s, when it is sent, then it is 405 with Allow: %s', async (method, path, allow) => {
    const answer = await sendRaw(service, { method, path });

    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe(allow);
    if (method !== 'TRACE') expect(JSON.parse(answer.text)).toEqual(invalid);
  });

  it.each([
    ['JSON', 'POST', '/nothing', 'application/json', '{}', 404],
    ['JSON that is none', 'POST', '/nothing', 'application/json', '{', 404],
    ['a form', 'PUT', '/nothing', 'application/x-www-form-urlencoded', 'a=b', 404],
    ['a type without a name', 'POST', '/nothing', 'x', 'x', 404],
    ['20 KB', 'POST', '/nothing', 'application/json', JSON.stringify('x'.repeat(20_000)), 404],
    ['20 KB', 'PUT', '/token', 'application/json', JSON.stringify('x'.repeat(20_000)), 405],
    ['JSON', 'POST', '/.well-known/jwks.json', 'application/json', '{}', 405],
  ])(
    'given a body of %s, when %s %s is not there, then the body does not matter',
    async (_case, method, path, type, body, status) => {
      const answer = await sendRaw(service, { method, path, headers: { 'content-type': type }, body });

      expect(answer.status).toBe(status);
      expect(answer.headers['allow'] !== undefined).toBe(status === 405);
      expect(JSON.parse(answer.text)).toEqual(invalid);
    },
  );

  describe('bodies over 16 KiB, or 32 KiB with a signature', () => {
    const limit = 16 * 1024;

    it.each<[path: string, type: string, begin: string, atMost?: number]>([
      ['/token', 'application/x-www-form-urlencoded', 'a='],
      ['/authorize', 'application/x-www-form-urlencoded', 'a='],
      ['/login', 'application/x-www-form-urlencoded', 'a='],
      ['/consent', 'application/x-www-form-urlencoded', 'a='],
      ['/wallet/challenge', 'application/json', '"'],
      ['/wallet/verify', 'application/json', '"', 2 * limit],
      ['/login/passkey', 'application/x-www-form-urlencoded', 'a=', 2 * limit],
      ['/login/passkey/challenge', 'application/json', '"'],
      ['/link', 'application/x-www-form-urlencoded', 'a=', 2 * limit],
      ['/link/passkeys/challenge', 'application/json', '"'],
      ['/recover', 'application/x-www-form-urlencoded', 'a='],
      ['/sign-up', 'application/x-www-form-urlencoded', 'a=', 2 * limit],
      ['/login/wallet', 'application/x-www-form-urlencoded', 'a=', 2 * limit],
      ['/login/wallet/challenge', 'application/json', '"'],
      ['/token', 'application/json', '"'],
      ['/token', 'text/plain', ''],
      ['/userinfo', 'application/octet-stream', ''],
    ])('given %s and %s, when one byte too much is sent, then it is 413', async (path, type, begin, atMost = limit) => {
      const body = begin.padEnd(atMost + 1, 'x');

      const answer = await sendRaw(service, { method: 'POST', path, headers: { 'content-type': type }, body });

      expect(answer.status).toBe(413);
      expect(JSON.parse(answer.text)).toEqual(invalid);
    });

    it('given a body without a length, when one byte too much is sent, then it is 413', async () => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded', 'transfer-encoding': 'chunked' };

      const answer = await sendRaw(service, { method: 'POST', path: '/token', headers, body: 'x'.repeat(limit + 1) });

      expect(answer.status).toBe(413);
    });

    it.each([
      ['/token', 'application/x-www-form-urlencoded', 'a=', limit, 'grant_type_required'],
      ['/wallet/verify', 'application/json', '"', 2 * limit, 'body_invalid'],
    ])('given %s and %s, when all it may have is sent, then it is read', async (path, type, begin, size, reason) => {
      const body = begin.padEnd(size, 'x');

      const answer = await sendRaw(service, { method: 'POST', path, headers: { 'content-type': type }, body });

      expect(JSON.parse(answer.text)).toMatchObject({ reason });
    });
  });

  describe('what is not HTTP', () => {
    it.each([
      ['garbage', 'garbage\r\n\r\n', 400],
      [
        'a TLS greeting',
        new Uint8Array([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03, 0x0d, 0x0a]),
        400,
      ],
      ['two lengths', 'POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
      [
        'a length and chunks',
        'POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
        400,
      ],
      ['a length that is no number', 'POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n', 400],
      ['a header without a colon', 'GET / HTTP/1.1\r\nHost: localhost\r\nheader\r\n\r\n', 400],
      ['a space before the colon', 'GET / HTTP/1.1\r\nHost : x\r\n\r\n', 400],
      ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
      ['an unknown method', 'BREW /token HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
      ['another version', 'GET / HTTP/9.9\r\nHost: localhost\r\n\r\n', 400],
      ['headers of 20 KB', `GET / HTTP/1.1\r\nHost: localhost\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
      [
        'a broken chunk',
        'POST /token HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n',
        400,
      ],
      [
        'an expectation',
        'POST /token HTTP/1.1\r\nHost: localhost\r\nExpect: the-impossible\r\nConnection: close\r\n\r\n',
        417,
      ],
    ])('given %s, when it is written to the port, then the answer is the envelope', async (_case, bytes, status) => {
      const answer = await sendBytes(service, bytes);

      const [head = '', body = ''] = answer.split('\r\n\r\n');
      expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(JSON.parse(body)).toEqual(invalid);
    });
  });

  it('given a caller that was refused, when it keeps its side open, then the connection is gone all the same', async () => {
    const { hostname, port } = new URL(service.url);
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    const ended = once(socket, 'error');
    socket.write('garbage\r\n\r\n');

    // Nothing but a reset tells a side that is half-closed, and only when it sends.
    const sending = setInterval(() => socket.write('x'), 100);
    const [error] = await ended;

    clearInterval(sending);
    expect(error).toMatchObject({ code: expect.stringMatching(/^(?:ECONNRESET|EPIPE)$/) });
  });

  it('given a browser, when nothing is at a path, then a page says so', async () => {
    const answer = await sendRaw(service, { method: 'GET', path: '/nothing', headers: { accept: 'text/html' } });

    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  it.each(['application/xml', '*/*', '', ';;;', 'text/html;q=0.1, application/json', 'x'.repeat(5_000)])(
    'given Accept: %j, when nothing is at a path, then it is JSON',
    async (accept) => {
      const answer = await sendRaw(service, { method: 'GET', path: '/nothing', headers: { accept } });

      expect(JSON.parse(answer.text)).toEqual(invalid);
    },
  );
});
