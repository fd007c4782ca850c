import type { RequestListener } from 'node:http';
import { beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import * as bearer from 'express-oauth2-jwt-bearer';
import * as jose from 'jose';
import { blocksOf, registerAs, runModule } from '../support/docs/client-guide';
import { codeFor, loggedIn, redeem, refresh } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { serveLocally } from '../support/run/local-server';
import { startServiceOn } from '../support/service/service';
import { emptyStore, storesUnderTest } from '../support/stores/stores';

const api = 'https://api.example.com';
const other = 'https://other.example.com';
const client = { client_id: 'my-app', redirect_uri: 'http://127.0.0.1/callback' };

describe.each(storesUnderTest)('the resource servers of docs/clients.md on %s', (storeName) => {
  const store = fixture(() => emptyStore(storeName));

  beforeAll(async () => {
    await registerAs('express-oauth2-jwt-bearer', store);
  });
  const service = fixture(() => startServiceOn(store));
  const browser = fixture(() => loggedIn(service));
  const substitutes = fixture(() => ({ issuer: service.url }));
  const server = fixture(async () => {
    const [block = ''] = blocksOf('express-oauth2-jwt-bearer', 'js', substitutes);
    const packages = { express: { default: express }, 'express-oauth2-jwt-bearer': bearer };
    const { app } = await runModule<{ app: RequestListener }>(block, packages, substitutes);
    return serveLocally(app);
  });

  /** What the API answers to the token. */
  async function ask(accessToken: unknown, method = 'GET'): Promise<Response> {
    return fetch(`${server.url}/notes`, { method, headers: { authorization: `Bearer ${String(accessToken)}` } });
  }

  async function tokensOf(scope: string, changes: Readonly<Record<string, string>> = {}) {
    const code = await codeFor(service, browser, { ...client, scope, ...changes });
    return (await redeem(service, code)).body;
  }

  it('given express-oauth2-jwt-bearer, when a client logs in and refreshes, then its tokens are good for their scopes', async () => {
    const tokens = await tokensOf('openid offline_access notes:read');
    const { body: refreshed } = await refresh(service, tokens['refresh_token'], { client_id: client.client_id });

    const [read, readAgain, write] = await Promise.all([
      ask(tokens['access_token']),
      ask(refreshed['access_token']),
      ask(tokens['access_token'], 'POST'),
    ]);

    expect([read.status, readAgain.status, write.status]).toEqual([200, 200, 403]);
    expect(await read.json()).toEqual({ of: 'user0' });
    expect(write.headers.get('www-authenticate')).toContain('insufficient_scope');
  });

  it('given express-oauth2-jwt-bearer, when the token is for the issuer alone, an ID token or altered, then it refuses it', async () => {
    const forIssuer = await tokensOf('openid', { resource: service.url });
    const tokens = await tokensOf('openid notes:read');
    const [header, , signature] = String(tokens['access_token']).split('.');
    const claims = { ...jose.decodeJwt(String(tokens['access_token'])), scope: 'notes:read notes:write' };
    const altered = [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');

    const refused = await Promise.all(
      [forIssuer['access_token'], tokens['id_token'], altered].map((each) => ask(each)),
    );

    expect(refused.map(({ status }) => status)).toEqual([401, 401, 401]);
  });

  it('given jose, when it verifies as the page says, then it takes access tokens for this API and nothing else', async () => {
    const [block = ''] = blocksOf('jose', 'js', substitutes);
    const { verify } = await runModule<{ verify(token: unknown): Promise<jose.JWTPayload> }>(
      block,
      { jose },
      substitutes,
    );
    const [otherBlock = ''] = blocksOf('jose', 'js', substitutes).map((each) => each.replaceAll(api, other));
    const elsewhere = await runModule<{ verify: typeof verify }>(otherBlock, { jose }, substitutes);
    const tokens = await tokensOf('openid notes:read');

    const claims = await verify(tokens['access_token']);

    expect(claims).toMatchObject({ sub: 'user0', client_id: 'my-app', aud: [api, service.url] });
    await expect(verify(tokens['id_token'])).rejects.toMatchObject({ code: 'ERR_JWT_CLAIM_VALIDATION_FAILED' });
    await expect(elsewhere.verify(tokens['access_token'])).rejects.toMatchObject({ claim: 'aud' });
  });
});
