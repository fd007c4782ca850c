import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fastify from 'fastify';
import { drainConnectionsOnClose } from './draining';
import { RequestEnds } from './request-end';

describe('the end of a service', () => {
  it.each([
    ['has been sent', 50_000],
    ['is larger than the buffers of a connection', 16_777_216],
  ])(
    'given an answer that %s, when the service ends before it is read, then its reader gets all of it',
    async (_, size) => {
      const instance = fastify();
      RequestEnds.watch(instance);
      drainConnectionsOnClose(instance);
      instance.get('/', async () => 'x'.repeat(size));
      await instance.listen({ port: 0, host: '127.0.0.1' });
      const reader = connect((instance.server.address() as AddressInfo).port, '127.0.0.1');
      reader.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await once(reader, 'readable');

      const closed = instance.close();
      let bytes = 0;
      for await (const chunk of reader) bytes += (chunk as Buffer).length;
      await closed;

      expect(bytes).toBeGreaterThan(size);
    },
  );
});
