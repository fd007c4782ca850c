import { describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { canMake, type ReplayedModel, type TraceEvent } from '../../proof/traces';
import { newDpopKey } from '../support/clients/dpop';
import { askWith, codeFor, loggedIn, postToken, redeem, refresh } from '../support/clients/pkce-login';
import { type Answer, newAccount, signedChallenge, verify } from '../support/clients/wallet';
import { admin, adminToken } from '../support/operations/admin';
import { fixture } from '../support/run/fixture';
import { startServiceProcess } from '../support/service/service-process';
import { bothStores, emptyStore } from '../support/stores/stores';

type Outcome = Extract<TraceEvent, { answered: number }>['with'];

/** Longer than a repeat counts as a duplicate; see isReplay. */
const duplicateMs = 2100;
/** Of the client that refreshes. */
const graceSeconds = 5;
/** A race that takes longer than this may have seen the clock of the models move. */
const shortMs = 1000;

const tokensOrRefused = ({ status }: Answer): Outcome => (status === 200 ? 'tokens' : 'refused');

/** What was seen, in the order in which it was. */
class Recorder {
  readonly events: TraceEvent[] = [];
  private sent = 0;
  private since = performance.now();

  /** Sends requests at once, each with what it shows, and notes when and how they are answered. */
  race(requests: readonly (readonly [shows: string, send: () => Promise<Outcome>])[]): Promise<void[]> {
    return Promise.all(
      requests.map(async ([shows, send]) => {
        const sent = this.sent++;
        this.note({ sent, shows });
        const outcome = await send();
        this.note({ answered: sent, with: outcome });
      }),
    );
  }

  async wait(ms: number): Promise<void> {
    await delay(ms);
    this.events.push({ passed: 'surely' });
    this.since = performance.now();
  }

  note(event: TraceEvent): void {
    if (performance.now() - this.since > shortMs) {
      this.events.push({ passed: 'perhaps' });
      this.since = performance.now();
    }
    this.events.push(event);
  }
}

/** What the service would have to be for one of these: of what was seen, one thing is changed. */
const lies: Readonly<Record<string, (event: TraceEvent, at: number, events: readonly TraceEvent[]) => TraceEvent>> = {
  'a second winner': (event, at, events) => {
    const first = events.findIndex((each) => 'with' in each && each.with !== 'tokens' && each.with !== 2);
    if (at !== first || !('with' in event)) return event;
    return { ...event, with: event.with === 'refused' ? 'tokens' : 2 };
  },
  'no winner': (event) => ('with' in event ? { ...event, with: 'refused' } : event),
  'an end that did not come': (event) => ('accepted' in event ? { accepted: true } : event),
  'an end too early': (event) => ('accepted' in event ? { accepted: false } : event),
};

describe.each(bothStores)('races at three workers on one %s, replayed in the models', (name) => {
  const store = fixture(() => emptyStore(name));
  const service = fixture(() => startServiceProcess({ ...store.env, WORKERS: '3', ADMIN_TOKEN: adminToken }));
  const browser = fixture(() => loggedIn(service));
  const isAccepted = async (token: unknown) => (await askWith(service, token)).status === 200;

  /** Each with two or three who have what it takes, and one or two who do not. */
  const races: Readonly<Record<ReplayedModel, (seen: Recorder) => Promise<void>>> = {
    pkce: async (seen) => {
      const code = await codeFor(service, browser);
      let token: unknown;
      const by =
        (changes = {}) =>
        async (): Promise<Outcome> => {
          const answer = await redeem(service, code, changes);
          token ??= answer.body['access_token'];
          return tokensOrRefused(answer);
        };
      const wrong = ['another verifier', by({ code_verifier: 'x'.repeat(43) })] as const;
      const elsewhere = ['another redirect URI', by({ redirect_uri: 'http://127.0.0.1/other' })] as const;
      await seen.race([wrong, ['the verifier', by()], elsewhere, ['the verifier', by()], ['the verifier', by()]]);
      await seen.wait(duplicateMs);
      await seen.race([wrong]);
      seen.note({ accepted: await isAccepted(token) });
      await seen.race([['the verifier', by()]]);
      seen.note({ accepted: await isAccepted(token) });
    },
    wallet: async (seen) => {
      const challenge = await signedChallenge(service);
      const other = await newAccount().signMessage({ message: challenge.message });
      let token: unknown;
      const by = (signature: string) => async (): Promise<Outcome> => {
        const answer = await verify(service, challenge, signature);
        token ??= answer.body['access_token'];
        return tokensOrRefused(answer);
      };
      const right = ['the signature', by(challenge.signature)] as const;
      const wrong = ['the signature of another key', by(other)] as const;
      await seen.race([wrong, right, right, wrong, right]);
      await seen.wait(duplicateMs);
      await seen.race([wrong]);
      seen.note({ accepted: await isAccepted(token) });
      await seen.race([right]);
      seen.note({ accepted: await isAccepted(token) });
    },
    refresh: async (seen) => {
      const client = await admin(service, 'POST', '/clients', {
        redirect_uris: ['http://127.0.0.1/callback'],
        token_endpoint_auth_method: 'none',
        first_party: true,
        refresh_token_grace: graceSeconds,
      });
      const given = { client_id: String(client.body['client_id']), scope: 'openid offline_access' };
      const { body } = await redeem(service, await codeFor(service, browser, given));
      const made = [body['refresh_token']];
      const use = (number: number) =>
        [
          String(number),
          async (): Promise<Outcome> => {
            const answer = await refresh(service, made[number], { client_id: given.client_id });
            if (answer.status !== 200) return 'refused';
            const token = answer.body['refresh_token'];
            if (!made.includes(token)) made.push(token);
            return made.indexOf(token);
          },
        ] as const;
      await seen.race([use(0), use(0), use(0)]);
      await seen.race([use(1), use(1)]);
      await seen.wait(graceSeconds * 1000 + 100);
      seen.note({ accepted: await isAccepted(body['access_token']) });
      await seen.race([use(0), use(0)]);
      seen.note({ accepted: await isAccepted(body['access_token']) });
    },
    dpop: async (seen) => {
      const key = await newDpopKey({ now: Date.now });
      const dpop = await key.proof({ url: `${service.url}/token` });
      // It is looked at before the code, which is missing.
      const send = async (): Promise<Outcome> => {
        const fields = { grant_type: 'authorization_code', client_id: 'demo-spa' };
        const { body } = await postToken(service, fields, { dpop });
        return body['reason'] === 'code_required' ? 'tokens' : 'refused';
      };
      await seen.race(Array.from({ length: 5 }, () => ['the proof', send] as const));
    },
  };

  it.each(Object.keys(races) as ReplayedModel[])(
    'given one of %s, when it is replayed, then the model makes it, and no lie',
    async (model) => {
      const seen = new Recorder();
      await races[model](seen);
      const changed = Object.values(lies)
        .map((lie) => seen.events.map(lie))
        .filter((events) => JSON.stringify(events) !== JSON.stringify(seen.events));

      const made = await canMake(model, [seen.events, ...changed]);

      expect(changed.length).toBeGreaterThanOrEqual(2);
      expect({ made, events: seen.events }).toEqual({ made: [true, ...changed.map(() => false)], events: seen.events });
    },
  );
});
