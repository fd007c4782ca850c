import { describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { type AssertionClient, registerAssertionClient } from '../support/clients/assertion-client';
import type { BrowserSession } from '../support/clients/browser-session';
import { type DpopKey, newDpopKey } from '../support/clients/dpop';
import { eventually } from '../support/run/eventually';
import { fixture } from '../support/run/fixture';
import { loggedIn, postToken, type Reachable } from '../support/clients/pkce-login';
import { openPushed, pushRequest } from '../support/clients/pushed-request';
import { startServiceProcess, untilItIsGone } from '../support/service/service-process';
import { emptyStore, bothStores } from '../support/stores/stores';
import type { Answer } from '../support/clients/wallet';

const clients = 6;
/** As many of each kind are used before the kill, at least. */
const enough = 12;

/** What may be used once: `taken`, or the reason of the refusal. */
interface OneUse {
  readonly kind: 'proof' | 'assertion' | 'pushed request';
  use(service: Reachable): Promise<string>;
}

/** What the clients know when the service is gone. */
interface Memory {
  readonly taken: OneUse[];
  /** Sent, but never answered. */
  readonly inDoubt: Set<OneUse>;
  /** Pushed requests that no browser has opened. */
  readonly unopened: OneUse[];
}

describe.each(bothStores)('kill -9 while proofs and pushed requests are used on %s', (name) => {
  const store = fixture(() => emptyStore(name));

  it('given uses under way, when the service is killed and restarted, then nothing is taken twice and nothing is lost', async () => {
    const service = await startServiceProcess(store.env);
    const [browser, client] = [await loggedIn(service), await registerAssertionClient(service)];
    const memory: Memory = { taken: [], inDoubt: new Set(), unopened: [] };
    const load = Promise.all(Array.from({ length: clients }, () => useEach(service, browser, client, memory)));
    const isUnderWay = async () => memory.taken.length >= 3 * enough && memory.unopened.length >= enough;
    await eventually(isUnderWay, { withinMs: 60_000, everyMs: 5 });
    await delay(Math.random() * 200);
    await service.kill();
    await load;
    const next = await startServiceProcess(service.env);

    const again = await Promise.all(memory.taken.map(async (each) => `${each.kind}: ${await each.use(next)}`));
    const doubts = await Promise.all([...memory.inDoubt].map((each) => twice(each, next)));
    const opened = await Promise.all(memory.unopened.map((each) => twice(each, next)));
    await next.stop();

    expect(new Set(again)).toEqual(
      new Set([
        'proof: dpop_proof_replayed',
        'assertion: client_authentication_failed',
        'pushed request: request_uri_unknown',
      ]),
    );
    for (const [, second] of doubts) expect(second).not.toBe('taken');
    expect(new Set(opened.map(String))).toEqual(new Set(['taken,request_uri_unknown']));
  });
});

/** Uses one of each again and again until the service is gone. */
async function useEach(
  service: Reachable,
  browser: BrowserSession,
  client: AssertionClient,
  memory: Memory,
): Promise<void> {
  const key = await newDpopKey({ now: Date.now });
  await untilItIsGone(async () => {
    const uses = [await newProof(service, key), await newAssertion(client), await newRequest(service, browser)];
    for (const each of uses) {
      memory.inDoubt.add(each);
      if ((await each.use(service)) !== 'taken') throw new Error(`a first ${each.kind} was refused`);
      memory.inDoubt.delete(each);
      memory.taken.push(each);
    }
    memory.unopened.push(await newRequest(service, browser));
  });
}

async function newProof({ url }: Reachable, key: DpopKey): Promise<OneUse> {
  const dpop = await key.proof({ url: `${url}/token` });
  const fields = { grant_type: 'authorization_code', client_id: 'demo-spa' };
  return { kind: 'proof', use: async (service) => outcomeOf(await postToken(service, fields, { dpop })) };
}

async function newAssertion(client: AssertionClient): Promise<OneUse> {
  const fields = { grant_type: 'authorization_code', ...(await client.authentication()) };
  return { kind: 'assertion', use: async (service) => outcomeOf(await postToken(service, fields)) };
}

async function newRequest(service: Reachable, browser: BrowserSession): Promise<OneUse> {
  const pushed = await pushRequest(service);
  const use = async (at: Reachable) => (await openPushed(at, browser, pushed)).replace(/^code$/, 'taken');
  return { kind: 'pushed request', use };
}

/** Nothing is asked for with it: once the client has proven itself, its code is missing. */
function outcomeOf({ body }: Answer): string {
  return body['reason'] === 'code_required' ? 'taken' : String(body['reason']);
}

async function twice(each: OneUse, service: Reachable): Promise<[string, string]> {
  return [await each.use(service), await each.use(service)];
}
