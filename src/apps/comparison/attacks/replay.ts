import { accessTokenOf } from '../answers';
import { meRequest } from '../resource';
import type { Check } from '../run';
import type { RunContext } from '../run-context';
import type { WireRequest } from '../wire';
import { type AttackContext, type Attempt, attempt, type Evidence } from './attack';

/** Older than the two seconds in which a repeat may be a concurrent duplicate of the request that won. Source: docs/http-api.md, section Single use. */
const lateMs = 3_000;

/** Sends the same request `racers` times at once. */
export async function race({ wire }: RunContext, request: WireRequest, racers: number): Promise<Attempt[]> {
  const answers = await Promise.all(Array.from({ length: racers }, () => wire.send(request)));
  return answers.map((answer) => ({ request, answer }));
}

/**
 * Sends what the owner got `accessToken` for again: at once, and once more when the redeemed challenge is made old.
 * The first may be the owner's own retry; the second is theft.
 */
export async function replayed(
  context: AttackContext,
  request: WireRequest,
  accessToken: string,
  redeemed: { readonly kind: 'authorization_code' | 'wallet_challenge'; readonly id: string },
): Promise<Evidence> {
  const duplicate = await attempt(context, request);
  const servedAfterDuplicate = await serves(context, accessToken);
  await context.past.age(redeemed.kind, redeemed.id, lateMs);
  const late = await attempt(context, request);
  return {
    attempts: [duplicate, late],
    checks: [
      { claim: 'a repeat at once left the owner’s token alone', held: servedAfterDuplicate },
      { claim: 'a late one revoked every token of the login', held: !(await serves(context, accessToken)) },
    ],
  };
}

/** Whether the resource still serves a token. */
async function serves({ wire }: RunContext, accessToken: string): Promise<boolean> {
  return (await wire.send(meRequest(accessToken))).status === 200;
}

/** That the owner can finish their login after the attack: a defence that destroys the login is half a success. */
export async function ownerFinishes({ wire }: AttackContext, request: WireRequest, claim: string): Promise<Check> {
  return { claim, held: accessTokenOf(await wire.send(request)) !== undefined };
}
