import { authorizeRequest, newApp } from '../pkce-client';
import type { WireRequest } from '../wire';
import { altered } from './altered';
import type { AttackContext, Attack, Attempt } from './attack';
import { guessedVerifier } from './pkce-victim';

/** A link of the attacker makes the victim's browser send it, with the victim's session. */
async function throughTheBrowser({ browser }: AttackContext, request: WireRequest): Promise<Attempt> {
  const prepared = browser.prepare({ ...request, headers: { accept: 'application/json' } });
  return { request: prepared, answer: await browser.send(prepared) };
}

/** Authorization requests without a protection, which must not get a code. */
export const weakRequestAttacks = [
  {
    id: 'pkce.plain',
    title: 'Downgrade to plain',
    model: 'pkce',
    knowledge:
      'A link that the victim follows while logged in; whoever reads the request then reads the code_verifier in it.',
    attempt:
      'Asks for a code with code_challenge_method=plain, where the challenge is the verifier itself, and then with no method, which means plain.',
    defence: 'Only S256 is accepted, and the error response does not redirect.',
    source: 'RFC 9700 §2.1.1, RFC 7636 §4.2',
    refusals: ['code_challenge_method_unsupported'],
    mount: async (context) => {
      const request = await authorizeRequest(newApp(context).client);
      const plain = { code_challenge: guessedVerifier(context), code_challenge_method: 'plain' };
      const unnamed = { ...plain, code_challenge_method: undefined };
      return {
        attempts: [
          await throughTheBrowser(context, altered(request, plain)),
          await throughTheBrowser(context, altered(request, unnamed)),
        ],
        checks: [],
      };
    },
  },
  {
    id: 'pkce.no-state',
    title: 'Login forced upon the victim',
    model: 'pkce',
    knowledge: 'A link that the victim follows while logged in.',
    attempt: 'Asks for a code without a state, so that the application cannot tell whose login comes back.',
    defence: 'A request without a state gets no code.',
    source: 'RFC 6749 §10.12, RFC 9700 §4.7',
    refusals: ['state_required'],
    mount: async (context) => {
      const request = await authorizeRequest(newApp(context).client);
      return { attempts: [await throughTheBrowser(context, altered(request, { state: undefined }))], checks: [] };
    },
  },
] as const satisfies readonly Attack[];
