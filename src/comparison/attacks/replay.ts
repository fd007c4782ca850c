import { accessTokenOf } from '../answers';
import { meRequest } from '../pkce-client';
import type { Check } from '../run';
import type { Stage } from '../stage';
import type { WireRequest } from '../wire';
import type { Arena, Attempt } from './attack';

/** Older than the two seconds in which a repeat may be the twin of the request that won. Source: contract, PKCE model. */
export const lateMs = 3_000;

/** Sends the same request `racers` times at once. */
export async function race({ wire }: Stage, request: WireRequest, racers: number): Promise<Attempt[]> {
  const answers = await Promise.all(Array.from({ length: racers }, () => wire.send(request)));
  return answers.map((answer) => ({ request, answer }));
}

/** Whether the resource still serves a token. */
export async function serves({ wire }: Stage, accessToken: string): Promise<boolean> {
  return (await wire.send(meRequest(accessToken))).status === 200;
}

/** That the owner can finish their login after the attack: a refusal that destroys the login is half a success. */
export async function ownerFinishes({ wire }: Arena, request: WireRequest, claim: string): Promise<Check> {
  return { claim, held: accessTokenOf(await wire.send(request)) !== undefined };
}
