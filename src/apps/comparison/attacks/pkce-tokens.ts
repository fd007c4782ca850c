import * as z from 'zod';
import { accessTokenOf, expectAccessToken } from '../answers';
import { newApp } from '../pkce-client';
import { meRequest } from '../resource';
import type { WireAnswer, WireRequest } from '../wire';
import { type Attack, type AttackContext, attempt } from './attack';
import { issuedCode } from './pkce-victim';
import { thiefFirst } from './replay';

const refreshToken = z.object({ refresh_token: z.string() });

/** The victim's application logs in, and gets a refresh token that serves once. */
async function keptLogin(context: AttackContext): Promise<{ readonly refresh: WireRequest }> {
  const { keeper } = context.clients;
  const app = newApp(context, keeper, 'profile offline_access');
  const answer = await context.wire.send((await issuedCode(context, app)).request);
  expectAccessToken('the victim’s token request', answer);
  return { refresh: refreshRequest(context, answer) };
}

/** The next refresh with what this answer gave. */
function refreshRequest({ clients, credentials }: AttackContext, { json }: WireAnswer): WireRequest {
  const { refresh_token } = refreshToken.parse(json);
  credentials.learn(refresh_token);
  const form = { grant_type: 'refresh_token', client_id: clients.keeper.clientId, refresh_token };
  return { method: 'POST', path: '/token', form };
}

/** What is stolen after the login, or in its last step. */
export const tokenTheftAttacks = [
  {
    id: 'pkce.thief-first',
    title: 'Thief redeems first',
    model: 'pkce',
    knowledge: 'The whole token request, code_verifier included, read on its way and kept from arriving.',
    attempt:
      'Redeems the code before its owner, and goes on using the tokens after the owner’s own request has come (the run back-dates the grant, as if seconds had passed).',
    defence:
      'Nothing can tell the thief from the owner when it comes first. The owner’s request then is the second one with the right verifier: it ends what the thief got.',
    source: 'RFC 6749 §4.1.2, OAuth 2.1 §7.5.2',
    refusals: ['access_token_revoked'],
    expected: 'detected',
    mount: async (context) => {
      const { code, request } = await issuedCode(context);
      return thiefFirst(context, request, 'authorization_code', code);
    },
  },
  {
    id: 'pkce.stolen-refresh',
    title: 'Refresh token from a log',
    model: 'pkce',
    knowledge: 'A refresh token that its owner has used since, read from a log.',
    attempt: 'Refreshes with it.',
    defence: 'Each refresh replaces the token: a former one serves nobody, and ends the login that it belongs to.',
    source: 'RFC 9700 §4.14.2, RFC 6749 §10.4',
    refusals: ['refresh_token_reused'],
    mount: async (context) => {
      const { refresh } = await keptLogin(context);
      expectAccessToken('the victim’s refresh', await context.wire.send(refresh));
      return { attempts: [await attempt(context, refresh)], checks: [] };
    },
  },
  {
    id: 'pkce.thief-refreshes-first',
    title: 'Thief refreshes first',
    model: 'pkce',
    knowledge: 'The refresh token that its owner would use next.',
    attempt: 'Refreshes before its owner, and goes on using the tokens after the owner’s own refresh was refused.',
    defence:
      'Nothing can tell the thief from the owner when it comes first. The owner’s token then is a former one, which ends the login with all its tokens.',
    source: 'RFC 9700 §4.14.2',
    refusals: ['access_token_revoked', 'refresh_token_revoked'],
    expected: 'detected',
    mount: async (context) => {
      const { refresh } = await keptLogin(context);
      const theft = await attempt(context, refresh);
      const accessToken = expectAccessToken('the thief’s refresh', theft.answer);
      const owners = await context.wire.send(refresh);
      return {
        attempts: [
          theft,
          await attempt(context, meRequest(accessToken)),
          await attempt(context, refreshRequest(context, theft.answer)),
        ],
        checks: [{ claim: 'the owner’s token served nobody any more', held: accessTokenOf(owners) === undefined }],
        winners: 1,
      };
    },
  },
  {
    id: 'pkce.revoked-token',
    title: 'Token of a login that was ended',
    model: 'pkce',
    knowledge: 'An access token, stolen before its owner signed the application out.',
    attempt: 'Uses it afterwards; its signature and its times are still good.',
    defence: 'Each request asks whether the grant that the token names still stands.',
    source: 'RFC 7009 §2.1, RFC 9700 §4.14.2',
    refusals: ['access_token_revoked'],
    mount: async (context) => {
      const { wire, clients } = context;
      const token = expectAccessToken(
        'the victim’s token request',
        await wire.send((await issuedCode(context)).request),
      );
      const before = await wire.send(meRequest(token));
      await wire.send({ method: 'POST', path: '/revoke', form: { client_id: clients.app.clientId, token } });
      return {
        attempts: [await attempt(context, meRequest(token))],
        checks: [{ claim: 'it served its owner before', held: before.status === 200 }],
      };
    },
  },
] as const satisfies readonly Attack[];
