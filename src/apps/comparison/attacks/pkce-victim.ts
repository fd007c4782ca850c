import { hashSecret, newSecret } from '../../../domain/credentials/secret';
import { expectAccessToken, expectCode, expectRedirect } from '../answers';
import { authorizeRequest, newApp } from '../pkce-client';
import type { WireRequest } from '../wire';
import type { AttackContext } from './attack';

/** A victim's login up to the moment before the code is redeemed. */
export interface IssuedCode {
  readonly code: string;
  /** The owner's token request, prepared and not sent. */
  readonly request: WireRequest;
}

/** The victim's application begins a login, and the victim's browser gets the code. */
export async function issuedCode(context: AttackContext, { client, http } = newApp(context)): Promise<IssuedCode> {
  const { browser, credentials, traces } = context;
  const answer = await browser.send(browser.prepare(await authorizeRequest(client)));
  const code = expectCode('the victim’s authorization request', answer);
  credentials.learn(code);
  traces.push({ kind: 'authorization_code', id: hashSecret(code) });
  const callback = expectRedirect('the victim’s authorization request', answer);
  const request = await http.withhold(() => client.finish(callback));
  credentials.learn(request.form?.['code_verifier'] ?? '');
  return { code, request };
}

/** The victim's application finishes the login, and gets its access token. */
export async function redeem({ wire }: AttackContext, { request }: IssuedCode): Promise<string> {
  return expectAccessToken('the victim’s token request', await wire.send(request));
}

/** A verifier of the attacker's own: the best guess against 256 bits of entropy. */
export function guessedVerifier({ credentials }: AttackContext): string {
  const guess = newSecret();
  credentials.learn(guess);
  return guess;
}
