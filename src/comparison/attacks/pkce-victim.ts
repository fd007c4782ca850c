import { hashSecret, newSecret } from '../../credentials/secret';
import { expectAccessToken, expectCode } from '../answers';
import { authorizeRequest, newPkceSecrets, type PkceSecrets, tokenRequest } from '../pkce-client';
import type { Arena } from './attack';

/** A victim's login up to the moment before the code is redeemed. */
export interface IssuedCode {
  readonly code: string;
  readonly secrets: PkceSecrets;
}

/** The victim's application begins a login, and the victim's browser fetches the code. */
export async function issuedCode(arena: Arena): Promise<IssuedCode> {
  const { browser, credentials, traces } = arena;
  const secrets = newPkceSecrets(arena);
  const answer = await browser.send(browser.prepare(authorizeRequest(arena, secrets)));
  const code = expectCode('the victim’s authorization request', answer);
  credentials.learn(code);
  traces.push({ kind: 'authorization_code', id: hashSecret(code) });
  return { code, secrets };
}

/** The victim's application finishes the login, and gets its access token. */
export async function redeem(arena: Arena, { code, secrets }: IssuedCode): Promise<string> {
  return expectAccessToken('the victim’s token request', await arena.wire.send(tokenRequest(arena, code, secrets)));
}

/** A verifier of the attacker's own: the best guess there is at 256 random bits. */
export function guessedVerifier({ credentials }: Arena): string {
  const guess = newSecret();
  credentials.learn(guess);
  return guess;
}
