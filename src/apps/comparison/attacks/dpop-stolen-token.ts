import { expectAccessToken } from '../answers';
import { type DpopKey, newDpopKey } from '../dpop-key';
import { meRequest } from '../resource';
import { signedChallenge } from '../wallet-client';
import type { WireRequest } from '../wire';
import { type AttackContext, type Attack, attempt, type Attempt } from './attack';
import { issuedCode } from './pkce-victim';

/** Attacks with a token stolen after the login, which neither model's proof protects. */
export const stolenTokenAttacks = [
  {
    id: 'pkce.dpop-stolen-token',
    title: 'Stolen access token without its key',
    model: 'pkce',
    knowledge:
      'The access token of a login that was bound to a key, and the last request of its owner with its proof, read from a log; and a key of its own.',
    attempt:
      'Shows the token as any bearer’s, without a proof, with a proof by its own key, and with the owner’s proof again; and the same with the token of a wallet’s login.',
    defence:
      'The token names the thumbprint of a key. Each request needs a fresh proof by that key, for this method, this URL and this token, and no proof is good twice.',
    source: 'RFC 9449 §4.3, §7.1, §7.2',
    refusals: ['dpop_proof_missing', 'dpop_key_mismatch', 'dpop_proof_replayed'],
    mount: async (context) => {
      const [victim, thief] = [newDpopKey(context), newDpopKey(context)];
      const thefts = [
        await stolen(context, await tokenOfCode(context, victim), victim, thief),
        await stolen(context, await tokenOfWallet(context, victim), victim, thief),
      ];
      return {
        attempts: thefts.flatMap(({ attempts }) => attempts),
        checks: [
          { claim: 'the owner was served before and after, by the key', held: thefts.every(({ served }) => served) },
        ],
      };
    },
  },
] as const satisfies readonly Attack[];

async function tokenOfCode(context: AttackContext, key: DpopKey): Promise<string> {
  const { request } = await issuedCode(context);
  return expectAccessToken('the victim’s token request', await context.wire.send(key.proven(request)));
}

async function tokenOfWallet(context: AttackContext, key: DpopKey): Promise<string> {
  const { request } = await signedChallenge(context);
  return expectAccessToken('the victim’s verification', await context.wire.send(key.proven(request)));
}

/** The owner uses the token while the thief eavesdrops; then the thief uses it. */
async function stolen(
  context: AttackContext,
  accessToken: string,
  victim: DpopKey,
  thief: DpopKey,
): Promise<{ readonly attempts: readonly Attempt[]; readonly served: boolean }> {
  const ask: WireRequest = { ...meRequest(accessToken), headers: { authorization: `DPoP ${accessToken}` } };
  const isServed = async (request: WireRequest) => (await context.wire.send(request)).status === 200;
  const seen = victim.proven(ask, accessToken);
  const before = await isServed(seen);
  const attempts = [
    await attempt(context, meRequest(accessToken)),
    await attempt(context, ask),
    await attempt(context, thief.proven(ask, accessToken)),
    await attempt(context, seen),
  ];
  return { attempts, served: before && (await isServed(victim.proven(ask, accessToken))) };
}
