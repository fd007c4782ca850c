import { describe, expect, it } from '@jest/globals';
import { type AssertionClient, registerAssertionClient } from '../support/clients/assertion-client';
import { newDpopKey } from '../support/clients/dpop';
import { addPasskeyAt } from '../support/clients/account-page';
import { Authenticator } from '../support/clients/authenticator';
import { openLoginPage } from '../support/clients/login-page';
import { passkeyForm } from '../support/clients/passkey';
import { errorOf } from '../support/service/envelope';
import { eventually } from '../support/run/eventually';
import { logIn } from '../support/clients/logged-in-client';
import { askWith, codeFor, loggedIn, postToken, redeem, refresh } from '../support/clients/pkce-login';
import { openPushed, pushRequest } from '../support/clients/pushed-request';
import { fixture } from '../support/run/fixture';
import { startServiceProcess } from '../support/service/service-process';
import { emptyStore, bothStores } from '../support/stores/stores';
import { type Answer, post, signedChallenge } from '../support/clients/wallet';

const workers = 4;

const together = (count: number, request: () => Promise<Answer>) => Promise.all(Array.from({ length: count }, request));

/** A request that is refused for its code, which is missing, once its client has proven itself. */
const codeless = async (client: AssertionClient) => ({
  grant_type: 'authorization_code',
  ...(await client.authentication()),
});

describe.each(bothStores)('four workers on one %s', (name) => {
  const store = fixture(() => emptyStore(name));
  const service = fixture(() => startServiceProcess({ ...store.env, WORKERS: String(workers) }));
  const browser = fixture(() => loggedIn(service));

  it('given one code, when 200 redeem it at once, then one is 200 and 199 are code_used', async () => {
    const code = await codeFor(service, browser);

    const answers = await together(200, () => redeem(service, code));

    const winners = answers.filter(({ status }) => status === 200);
    expect(winners).toHaveLength(1);
    expect(answers.filter(({ status, body }) => status === 400 && body['reason'] === 'code_used')).toHaveLength(199);
  });

  it('given one challenge, when 200 verify it at once, then one is 200 and 199 are challenge_used', async () => {
    const { nonce, signature } = await signedChallenge(service);

    const answers = await together(200, () => post(service, '/wallet/verify', { nonce, signature }));

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status, body }) => status === 400 && body['reason'] === 'challenge_used')).toHaveLength(
      199,
    );
  });

  it('given one assertion of a passkey, when 200 send it at once, then one session begins and 199 are challenge_used', async () => {
    const authenticator = new Authenticator({ origin: service.url });
    await addPasskeyAt(await loggedIn(service), authenticator);
    const page = await openLoginPage(service.url);
    const form = await passkeyForm(page, authenticator);

    const outcomes = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const answer = await page.browser.postForm('/login/passkey', form);
        return answer.status === 303 ? 'session' : (await errorOf(answer)).reason;
      }),
    );

    expect(outcomes.filter((outcome) => outcome === 'session')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'challenge_used')).toHaveLength(199);
  });

  it('given one DPoP proof, when 200 send it at once, then one is taken and 199 are dpop_proof_replayed', async () => {
    const key = await newDpopKey({ now: Date.now });
    const dpop = await key.proof({ url: `${service.url}/token` });
    // It is looked at before the code, which is missing.
    const fields = { grant_type: 'authorization_code', client_id: 'demo-spa' };

    const answers = await together(200, () => postToken(service, fields, { dpop }));

    const reasons = answers.map(({ body }) => body['reason']);
    expect(reasons.filter((reason) => reason === 'code_required')).toHaveLength(1);
    expect(reasons.filter((reason) => reason === 'dpop_proof_replayed')).toHaveLength(199);
  });

  it('given one client assertion, when 200 send it at once, then one is taken and 199 prove nothing', async () => {
    const client = await registerAssertionClient(service);
    // A worker knows for five seconds which clients there are.
    await eventually(
      async () => {
        const answers = await together(20, async () => postToken(service, await codeless(client)));
        return answers.every(({ body }) => body['reason'] === 'code_required');
      },
      { withinMs: 20_000 },
    );
    const fields = await codeless(client);

    const answers = await together(200, () => postToken(service, fields));

    const reasons = answers.map(({ body }) => body['reason']);
    expect(reasons.filter((reason) => reason === 'code_required')).toHaveLength(1);
    expect(reasons.filter((reason) => reason === 'client_authentication_failed')).toHaveLength(199);
  });

  it('given one pushed request, when one browser opens it 200 times at once, then one code is issued', async () => {
    const pushed = await pushRequest(service);

    const outcomes = await Promise.all(Array.from({ length: 200 }, () => openPushed(service, browser, pushed)));

    expect(outcomes.filter((outcome) => outcome === 'code')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'request_uri_unknown')).toHaveLength(199);
  });

  it('given one refresh token, when 40 use it at once, then all get the one successor', async () => {
    const { body } = await redeem(service, await codeFor(service, browser, { scope: 'offline_access' }));

    const answers = await together(40, () => refresh(service, body['refresh_token']));

    expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(200));
    expect(new Set(answers.map((answer) => answer.body['refresh_token'])).size).toBe(1);
  });

  it('given a token of one worker, when all are asked, then all know it', async () => {
    const { tokens } = await logIn(service, browser);

    const statuses = await Promise.all(
      Array.from({ length: 40 }, async () => (await askWith(service, tokens.accessToken)).status),
    );

    expect(statuses).toEqual(Array(40).fill(200));
  });

  it('given all of this, when the log is read, then every worker has answered redemptions', () => {
    const pids = new Set(
      service
        .output()
        .split('\n')
        .filter((line) => line.includes('"route":"/token"'))
        .map((line) => (JSON.parse(line) as { pid: number }).pid),
    );

    expect(pids.size).toBe(workers);
  });
});
