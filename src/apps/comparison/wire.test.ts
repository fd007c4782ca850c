import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { ownUrl, Wire } from './wire';

describe('the URL of this very server', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:3000'],
    ['0.0.0.0', 'http://127.0.0.1:3000'],
    ['::', 'http://[::1]:3000'],
    ['::1', 'http://[::1]:3000'],
    ['localhost', 'http://localhost:3000'],
    ['10.0.0.7', 'http://10.0.0.7:3000'],
  ])('given that it listens on %s, when it looks for itself, then that is %s', (host, expected) => {
    expect(ownUrl({ host, port: 3000 })).toBe(expected);
  });
});

describe('the wire of a run', () => {
  it('given an issuer by another name than where it listens, when it asks itself, then it asks for the issuer', async () => {
    const server = createServer(({ headers }, response) => response.end(headers.host)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { signal } = new AbortController();

    const wire = new Wire({ host: '127.0.0.1', port, issuer: 'http://dev.test:8080' }, signal);
    const { text } = await wire.send({ method: 'GET', path: '/' });
    server.close();

    expect(text).toBe('dev.test:8080');
  });
});
