import { describe, expect, it } from '@jest/globals';
import { fixture } from '../support/run/fixture';
import { freePort } from '../support/run/free-port';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { startTypeScript } from '../support/run/ts-process';

describe.each(storesUnderTest)('npm run demo on %s', (store) => {
  const service = fixture(() => startService(store));

  it('given a running service, when the demo is run, then both logins end at /api/me', async () => {
    const demo = startTypeScript('src/apps/demo/main.ts', ['--url', service.url]);

    const status = await demo.exited;

    expect({ status, output: demo.output() }).toEqual({ status: 0, output: expect.any(String) });
    expect(demo.output()).toMatch(/model +pkce/);
    expect(demo.output()).toMatch(/model +wallet/);
    expect(demo.output()).toMatch(/\+ challenges: id=\S+ kind=authorization_code codeChallenge=[\w-]{43} /);
    expect(demo.output()).toMatch(/− challenges: id=\S+ kind=wallet_challenge /);
  });

  it('given the output of the demo, when it is searched for credentials, then there is none', async () => {
    const demo = startTypeScript('src/apps/demo/main.ts', ['--url', service.url]);

    await demo.exited;

    expect(demo.output()).not.toMatch(/eyJ[\w-]{20}/);
    expect(demo.output()).not.toContain('password0');
    expect(demo.output()).not.toMatch(/0x[0-9a-f]{130}/i);
  });
});

describe('npm run demo without a service', () => {
  it('given nothing at the address, when the demo is run, then one line says what to do, and it fails', async () => {
    const url = `http://localhost:${await freePort()}`;
    const demo = startTypeScript('src/apps/demo/main.ts', ['--url', url]);

    const status = await demo.exited;

    expect(status).toBe(1);
    expect(demo.output()).toBe(
      `demo: nothing answers at ${url}: start the service with npm start, or name another with --url\n`,
    );
  });
});
