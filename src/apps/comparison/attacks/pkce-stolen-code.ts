import { altered } from './altered';
import { type Attack, attempt } from './attack';
import { guessedVerifier, issuedCode } from './pkce-victim';
import { ownerFinishes } from './replay';

const claim = 'the owner then redeemed the code';
const stolenCode = 'The code, taken from the redirect before it was redeemed: from a history, a log or another app.';

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
    mount: async (context) => {
      const { request } = await issuedCode(context);
      const theft = await attempt(context, altered(request, { code_verifier: undefined }));
      return { attempts: [theft], checks: [await ownerFinishes(context, request, claim)] };
    },
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
    mount: async (context) => {
      const { request } = await issuedCode(context);
      const guess = { code_verifier: guessedVerifier(context) };
      const theft = await attempt(context, altered(request, guess));
      return { attempts: [theft], checks: [await ownerFinishes(context, request, claim)] };
    },
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
    mount: async (context) => {
      const { request } = await issuedCode(context);
      const own = { client_id: context.clients.attacker.clientId };
      const theft = await attempt(context, altered(request, own));
      return { attempts: [theft], checks: [await ownerFinishes(context, request, claim)] };
    },
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
    mount: async (context) => {
      const { request } = await issuedCode(context);
      const other = { redirect_uri: context.clients.otherRedirectUri };
      const attempts = [
        await attempt(context, altered(request, other)),
        await attempt(context, altered(request, { redirect_uri: undefined })),
      ];
      return { attempts, checks: [await ownerFinishes(context, request, claim)] };
    },
  },
] as const satisfies readonly Attack[];
