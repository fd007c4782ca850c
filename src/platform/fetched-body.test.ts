import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { chunksOf, textOf } from './fetched-body';

/** Sends one byte at a time without end; `/whole` is answered at once. */
const server: Server = createServer((request, response) => {
  if (request.url === '/whole') return void response.end('käse');
  response.write('a');
  const dripping = setInterval(() => response.write('a'), 10);
  response.on('close', () => {
    clearInterval(dripping);
    server.emit('left');
  });
});
let url: string;
let collectGarbage: () => void;

beforeAll(async () => {
  setFlagsFromString('--expose-gc');
  collectGarbage = runInNewContext('gc') as () => void;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

it('given an answer that never ends, when the signal aborts after garbage was collected, then so does the reading, and the connection is closed', async () => {
  const deadline = new AbortController();
  const left = once(server, 'left');
  const reading = textOf(await fetch(url, { redirect: 'error', signal: deadline.signal }), deadline.signal);
  const ended = expect(reading).rejects.toBe('too late');
  // Collects the objects by which fetch follows the signal.
  for (let count = 0; count < 5; count += 1) {
    await delay(10);
    collectGarbage();
  }

  deadline.abort('too late');

  await ended;
  await left;
});

it('given an answer that never ends, when the loop is left, then the connection is closed', async () => {
  const left = once(server, 'left');

  for await (const chunk of chunksOf(await fetch(url), new AbortController().signal)) if (chunk.length > 0) break;

  await left;
});

it('given a signal that has aborted, when a body is read, then nothing of it is', async () => {
  const response = await fetch(`${url}/whole`);

  await expect(textOf(response, AbortSignal.abort('over'))).rejects.toBe('over');
});

it('given an answer, when it is read, then it is its text', async () => {
  expect(await textOf(await fetch(`${url}/whole`), new AbortController().signal)).toBe('käse');
  expect(await textOf(new Response(null), new AbortController().signal)).toBe('');
});
