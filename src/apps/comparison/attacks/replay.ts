import { accessTokenOf, expectAccessToken } from '../answers';
import { meRequest } from '../resource';
import type { RedeemedKind, RunContext } from '../run-context';
import type { WireRequest } from '../wire';
import { type AttackContext, type Attempt, attempt, type Evidence } from './attack';

/** Later than the two seconds in which a repeat counts as a concurrent duplicate. Source: docs/http-api.md, section Single use. */
export const lateMs = 3_000;

/** Sends the same request `racers` times at once, of which one gets tokens; `what` each of them is. */
export async function race(
  { wire }: RunContext,
  request: WireRequest,
  racers: number,
  what: string,
): Promise<Evidence> {
  const answers = await Promise.all(Array.from({ length: racers }, () => wire.send(request)));
  const winners = answers.filter((answer) => accessTokenOf(answer) !== undefined).length;
  return {
    attempts: answers.map((answer) => ({ request, answer })),
    checks: [{ claim: `one of ${racers} ${what} got tokens`, held: winners === 1 }],
    winners: 1,
  };
}

/**
 * Repeats the owner's request for `accessToken`: at once, and after what its code or nonce became is back-dated. The first may be the
 * owner's retry; the second is theft.
 */
export async function replayed(
  context: AttackContext,
  request: WireRequest,
  accessToken: string,
  kind: RedeemedKind,
  credential: string,
): Promise<Evidence> {
  const duplicate = await attempt(context, request);
  const servedAfterDuplicate = await serves(context, accessToken);
  await context.operator.age(kind, credential, lateMs);
  const late = await attempt(context, request);
  return {
    attempts: [duplicate, late],
    checks: [
      { claim: 'a repeat at once left the owner’s token alone', held: servedAfterDuplicate },
      { claim: 'a late one revoked every token of the login', held: !(await serves(context, accessToken)) },
    ],
  };
}

/**
 * The thief sends the owner's request before the owner does, and uses its token after: the redeemed challenge is back-dated, so
 * that the owner's request is no duplicate.
 */
export async function thiefFirst(
  context: AttackContext,
  request: WireRequest,
  kind: RedeemedKind,
  credential: string,
): Promise<Evidence> {
  const theft = await attempt(context, request);
  const accessToken = expectAccessToken('the thief’s request', theft.answer);
  const use = await attempt(context, meRequest(accessToken));
  await context.operator.age(kind, credential, lateMs);
  const owners = await context.wire.send(request);
  return {
    attempts: [theft, use, await attempt(context, meRequest(accessToken))],
    checks: [{ claim: 'the owner learned of it by being refused', held: accessTokenOf(owners) === undefined }],
    winners: 2,
  };
}

/** Whether the resource still accepts a token. */
async function serves({ wire }: RunContext, accessToken: string): Promise<boolean> {
  return (await wire.send(meRequest(accessToken))).status === 200;
}

/** Sends these requests in their order, after which the owner still can send theirs: `claim` says so. */
export async function stolen(
  context: AttackContext,
  requests: readonly WireRequest[],
  owners: WireRequest,
  claim: string,
): Promise<Evidence> {
  const attempts: Attempt[] = [];
  for (const request of requests) attempts.push(await attempt(context, request));
  // A defence that destroys the login is half a success.
  return { attempts, checks: [{ claim, held: accessTokenOf(await context.wire.send(owners)) !== undefined }] };
}
