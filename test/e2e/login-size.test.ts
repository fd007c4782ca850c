import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { liveBytes } from '../support/live-bytes';
import { codeFor, loggedIn, redeem, refresh } from '../support/pkce-login';
import { startService, type TestService } from '../support/service';
import { storesUnderTest } from '../support/stores';
import { newAccount, signIn } from '../support/wallet';

const logins = 150;
const everyScope = 'openid profile';

describe.each(storesUnderTest)('what a login leaves on %s when its challenge is spent', (store) => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService(store);
  });
  afterAll(() => service.stop());

  /** Bytes by login. */
  async function leftBy(count: number, logIn: () => Promise<{ readonly status: number }>): Promise<number> {
    const before = await liveBytes(service);
    for (let index = 0; index < count; index += 1) expect((await logIn()).status).toBe(200);
    return ((await liveBytes(service)) - before) / count;
  }

  /** Everything that may stand in a message, each at its longest. */
  function longest() {
    const resource = `https://example.org/${'r'.repeat(236)}`;
    return {
      uri: `${service.url}/${'u'.repeat(511 - service.url.length)}`,
      statement: 's'.repeat(300),
      resources: Array<string>(10).fill(resource),
      chainId: Number.MAX_SAFE_INTEGER,
    };
  }

  it(`given ${logins} wallet logins with the longest messages, when they are over, then each left 1 KB at most`, async () => {
    const each = await leftBy(logins, async () => {
      const { challenge, answer } = await signIn(service, newAccount(), { ...longest(), scope: everyScope });
      expect(challenge.message.length).toBeGreaterThan(3_500);
      return answer;
    });

    expect(each).toBeGreaterThan(200);
    expect(each).toBeLessThanOrEqual(1_024);
  });

  it(`given ${logins} of them with a refresh token, when they are over, then each left 2 KB at most`, async () => {
    const scope = `${everyScope} offline_access`;
    const each = await leftBy(
      logins,
      async () => (await signIn(service, newAccount(), { ...longest(), scope })).answer,
    );

    expect(each).toBeLessThanOrEqual(2_048);
  });

  it('given code logins with all that a client may send, when they are over, then each left 1 KB at most, its session with it', async () => {
    const each = await leftBy(10, async () => {
      const asked = { scope: everyScope, nonce: 'n'.repeat(512), state: 's'.repeat(1_000) };
      return redeem(service, await codeFor(service, await loggedIn(service), asked));
    });

    expect(each).toBeLessThanOrEqual(1_024);
  });

  it('given code logins with a refresh token that rotates, when they are over, then each left 2 KB at most', async () => {
    const each = await leftBy(10, async () => {
      const asked = { scope: `${everyScope} offline_access`, nonce: 'n'.repeat(512) };
      let answer = await redeem(service, await codeFor(service, await loggedIn(service), asked));
      for (let count = 0; count < 3; count += 1) answer = await refresh(service, answer.body['refresh_token']);
      return answer;
    });

    expect(each).toBeLessThanOrEqual(2_048);
  });
});
