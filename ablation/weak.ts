import { setTimeout as delay } from 'node:timers/promises';
import * as AbiFunction from 'ox/AbiFunction';
import * as Hex from 'ox/Hex';
import type { CheckId } from '../src/apps/comparison/checks/catalogue';
import { otherRelyingParty } from '../src/apps/comparison/attacks/passkey-forged';
import type { Beginning } from '../src/domain/challenges/challenge-store';
import type { Session } from '../src/domain/challenges/session';
import { s256 } from '../src/domain/credentials/pkce';
import type { Parameters } from '../src/platform/http/parameters';
import type { User, UserStore } from '../src/domain/identity/user-store';
import type { Assertion } from '../src/protocols/passkey/credential.schemas';
import type { CodeRedemption } from '../src/protocols/oauth/redeem-code.flow';
import type { RpcRequest } from '../src/protocols/wallet/rpc-exchange';

/** What the twin does where checks are taken away. Each function does what the service does while they are there. */

const without = new Set<string>();

/** Takes these checks away, and puts every other one back. */
export function takeAway(checks: readonly CheckId[]): void {
  without.clear();
  for (const check of checks) without.add(check);
}

export function off(check: CheckId): boolean {
  return without.has(check);
}

/** Stands for a verifier that nobody sent. */
export const noVerifier = '';

/** Without a challenge the hash of no verifier; with one that is plain, the hash of that. */
export function codeChallengeIn(parameters: Parameters): string | undefined {
  const challenge = parameters.get('code_challenge');
  if (challenge === undefined) return off('pkce.challenge-required') ? s256(noVerifier) : undefined;
  const isPlain = parameters.get('code_challenge_method') !== 'S256' && off('pkce.method-s256');
  return isPlain ? s256(challenge) : challenge;
}

export function isMethodRight(parameters: Parameters): boolean {
  if (parameters.get('code_challenge') === undefined && off('pkce.challenge-required')) return true;
  return parameters.get('code_challenge_method') === 'S256' || off('pkce.method-s256');
}

export function redemption({ redirectUri, codeVerifier, ...request }: CodeRedemption): CodeRedemption {
  const mayLackVerifier = off('pkce.challenge-required') || off('pkce.verifier');
  return {
    ...request,
    redirectUri: redirectUri ?? (off('pkce.code-redirect-uri') ? '' : undefined),
    codeVerifier: codeVerifier ?? (mayLackVerifier ? noVerifier : undefined),
  };
}

const matched = {
  clientId: 'pkce.code-client',
  redirectUri: 'pkce.code-redirect-uri',
  codeChallenge: 'pkce.verifier',
} as const;

/** What a redemption is matched by: without a check, its field is any. */
export function codeMatch<Match extends object>(match: Match): Match {
  const kept = Object.entries(match).filter(([field]) => !(field in matched && off(Reflect.get(matched, field))));
  return Object.fromEntries(kept) as Match;
}

export function isSigner(recovered: string | undefined, wallet: string): boolean {
  return off('wallet.address') ? recovered !== undefined : recovered === wallet;
}

const isValidSignature = AbiFunction.from('function isValidSignature(bytes32, bytes) view returns (bytes4)');

/** The account itself is asked, in place of the validator. Source: ERC-1271. */
export function directQuestion(wallet: string, hash: Uint8Array, signature: string): RpcRequest {
  const data = AbiFunction.encodeData(isValidSignature, [Hex.fromBytes(hash), signature as Hex.Hex]);
  return { method: 'eth_call', params: [{ to: wallet, data }, 'latest'], result: /^0x[\da-f]*$/i };
}

export function beginsWithYes(answer: string | undefined): boolean {
  return answer?.startsWith('0x1626ba7e') === true;
}

/** The library compares hashes: of other relying parties it has to be told the names. */
export function relyingParties(rpId: string): string | string[] {
  return off('passkey.rp-id') ? [rpId, otherRelyingParty] : rpId;
}

/** The user whose handle comes with the assertion, whoever has the passkey. */
export async function accountOf(users: UserStore, { credentialId, userHandle }: Assertion): Promise<User | undefined> {
  const owner = await users.findOwner({ passkey: credentialId });
  if (!off('passkey.account') || owner === undefined || owner.userHandle === userHandle) return owner;
  const named = (await users.page(100)).find((user) => user.userHandle === userHandle);
  return named === undefined ? undefined : { ...named, passkeys: owner.passkeys ?? [] };
}

const singleUse: Readonly<Record<string, CheckId>> = {
  authorization_code: 'pkce.code-single-use',
  wallet_challenge: 'wallet.single-use',
  wallet_nonce: 'wallet.single-use',
  passkey_login: 'passkey.single-use',
  pushed_request: 'pkce.par-one-code',
  opened_request: 'pkce.par-one-code',
};

const atomic: Readonly<Record<string, CheckId>> = {
  authorization_code: 'pkce.code-atomic',
  wallet_challenge: 'wallet.atomic',
  wallet_nonce: 'wallet.atomic',
  passkey_login: 'passkey.atomic',
};

/** Whether a redemption leaves its challenge in the store. What begins nothing, and asks for nothing, is no redemption. */
export function isKept(kind: string, { grant, session, successor }: Beginning, match: object): boolean {
  const isOfFlow = (grant ?? session ?? successor) !== undefined || Object.keys(match).length > 0;
  return isOff(singleUse[kind]) && isOfFlow;
}

/** Whether what was read before is redeemed even if it is gone by now. */
export function isReadFirst(kind: string): boolean {
  return isOff(atomic[kind]);
}

/** Between the two steps of what should be one. */
export async function moment(kind: string): Promise<void> {
  if (isReadFirst(kind)) await delay(20);
}

/** The calls of MongoDB's driver that are needed here. */
interface ReadAndDeleted<Found> {
  findOneAndDelete(predicate: object): Promise<Found>;
  findOne(predicate: object): Promise<Found>;
}

export async function readAndDelete<Found>(
  collection: ReadAndDeleted<Found>,
  predicate: object,
  kind: string,
): Promise<Found> {
  if (!isOff(singleUse[kind]) && !isReadFirst(kind)) return collection.findOneAndDelete(predicate);
  // Deleted afterwards, unless it is kept.
  const found = await collection.findOne(predicate);
  await moment(kind);
  return found;
}

/** The session that the browser's cookie names, to go on in it. */
export function fixedSession(
  before: Session | undefined,
  cookie: string | undefined,
): { readonly id: string; readonly secret: string } | undefined {
  const [id, secret] = cookie?.split('.') ?? [];
  if (!off('both.new-session') || before === undefined || id === undefined || secret === undefined) return undefined;
  return { id, secret };
}

/** Writes the session in the place of the one with its id. */
export async function replaceSession(store: object, session: Session): Promise<void> {
  const sessions = Reflect.get(store, 'sessions') as {
    change(at: { readonly key: string }, change: () => Session): Promise<unknown>;
  };
  await sessions.change({ key: session.id }, () => session);
}

/** The page with a line that says what it is. */
export function marked(page: string): string {
  const checks = [...without].join(', ') || 'none yet';
  return page.replace(
    /<body[^>]*>/,
    (body) =>
      `${body}<p role="alert"><strong>A weakened twin of Tessera, to look at. Checks taken away: ${checks}.</strong></p>`,
  );
}

function isOff(check: CheckId | undefined): boolean {
  return check !== undefined && off(check);
}
