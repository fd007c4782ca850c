import { altered, type Fields } from './altered';
import type { Attack, AttackContext, Evidence } from './attack';
import { guessedVerifier, issuedCode } from './pkce-victim';
import { stolen } from './replay';

const stolenCode = 'The code, taken from the redirect before it was redeemed: from a history, a log or another app.';

/** The attacker redeems the victim's code with other fields, once with each of these, and then the owner does. */
async function redeemedWith(context: AttackContext, ...changes: readonly Fields[]): Promise<Evidence> {
  const { request } = await issuedCode(context);
  const requests = changes.map((each) => altered(request, each));
  return stolen(context, requests, request, 'the owner then redeemed the code');
}

/** A code that was stolen before it was redeemed. */
export const stolenCodeAttacks = [
  {
    id: 'pkce.no-verifier',
    title: 'Stolen code, no verifier',
    model: 'pkce',
    knowledge: stolenCode,
    attempt: 'Redeems the code as the client would, and leaves the code_verifier out.',
    defence:
      'A code that was asked for with a code_challenge is not redeemed without its code_verifier, and stays the owner’s.',
    source: 'RFC 9700 §2.1.1, RFC 7636 §4.6',
    refusals: ['code_verifier_required'],
    mount: (context) => redeemedWith(context, { code_verifier: undefined }),
  },
  {
    id: 'pkce.wrong-verifier',
    title: 'Stolen code, guessed verifier',
    model: 'pkce',
    knowledge: stolenCode,
    attempt: 'Redeems the code with a code_verifier of its own.',
    defence: 'The hash of the code_verifier must equal the stored code_challenge. A wrong guess changes nothing.',
    source: 'RFC 7636 §4.6',
    refusals: ['code_verifier_mismatch'],
    mount: (context) => redeemedWith(context, { code_verifier: guessedVerifier(context) }),
  },
  {
    id: 'pkce.other-client',
    title: 'Code of another client',
    model: 'pkce',
    knowledge: 'The code and even its code_verifier; and a client of its own, honestly registered here.',
    attempt: 'Redeems the code in the name of its own client.',
    defence: 'A code belongs to the client that it was issued to. To any other it is unknown.',
    source: 'RFC 6749 §4.1.3',
    refusals: ['code_unknown'],
    mount: (context) => redeemedWith(context, { client_id: context.clients.attacker.clientId }),
  },
  {
    id: 'pkce.other-redirect',
    title: 'Swapped redirect URI',
    model: 'pkce',
    knowledge: 'The code and even its code_verifier; and the redirect URIs of the client, which are no secret.',
    attempt: 'Redeems the code with another redirect URI of the same client, and then with none.',
    defence: 'The redirect URI of the token request must be the one that the code was sent to.',
    source: 'RFC 6749 §4.1.3',
    refusals: ['redirect_uri_mismatch'],
    mount: (context) =>
      redeemedWith(context, { redirect_uri: context.clients.otherRedirectUri }, { redirect_uri: undefined }),
  },
  {
    id: 'pkce.stolen-store',
    title: 'Code from the stored record',
    model: 'pkce',
    knowledge: 'A copy of the store, taken while the code was waiting in it: every field of its record.',
    attempt: 'Redeems the record’s id as the code, with the stored code_challenge as the verifier.',
    defence:
      'The record is named by the hash of its code, and holds the hash of the verifier: neither can be shown as what it was made of.',
    source: 'RFC 6819 §5.1.4.1.3, RFC 7636 §4.6',
    refusals: ['code_unknown'],
    mount: async (context) => {
      const { code, request } = await issuedCode(context);
      const { id, codeChallenge } = await context.operator.stored('authorization_code', code);
      const theft = altered(request, { code: id, code_verifier: codeChallenge });
      return stolen(context, [theft], request, 'the owner then redeemed the code');
    },
  },
] as const satisfies readonly Attack[];
