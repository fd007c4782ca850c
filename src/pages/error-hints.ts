import type { LoginErrorReason } from '../login/login-error';
import type { OAuthErrorReason } from '../oauth/oauth-error';
import type { WalletErrorReason } from '../wallet/wallet-error';

const signAgain = 'Go back to the login page and sign a new message.';

/** How to mend a mistake, by the reason of its refusal: for whoever builds the client, or stands before the form. */
const hints: Partial<Record<LoginErrorReason | OAuthErrorReason | WalletErrorReason, string>> = {
  client_unknown:
    'The application’s client_id is not registered here. If you build it, check the client_id and this server’s address.',
  redirect_uri_unregistered:
    'Send a redirect_uri that is registered for this client, character for character. Only on 127.0.0.1 and [::1] may the port differ.',
  state_required:
    'Add a state parameter: a random value, kept with the browser’s session, that you compare when the answer comes back. It ties the answer to the browser that asked.',
  code_challenge_required:
    'Add code_challenge=BASE64URL(SHA-256(code_verifier)) and code_challenge_method=S256, with a new random code_verifier for each login (RFC 7636 §4).',
  code_challenge_method_unsupported:
    'Send code_challenge_method=S256. A challenge that is the verifier itself (plain) protects nothing, because whoever reads the request holds both.',
  code_challenge_malformed:
    'A code_challenge is the SHA-256 of the code_verifier in base64url without padding: exactly 43 characters (RFC 7636 §4.2).',
  parameter_repeated: 'Send each parameter once (RFC 6749 §3.1).',
  request_too_long: 'Send a shorter state, or keep what it holds on your side under a short key.',
  csrf_invalid:
    'Go back, reload the page and try again. Cookies must be allowed for this site, and the form must be sent from the page itself.',
  challenge_expired: signAgain,
  challenge_used: signAgain,
  challenge_unknown: signAgain,
  signature_mismatch: 'Go back to the login page and sign with the account that you chose there.',
};

const byReason: ReadonlyMap<string, string> = new Map(Object.entries(hints));

export function hintFor(reason: string | undefined): string | undefined {
  return reason === undefined ? undefined : byReason.get(reason);
}
