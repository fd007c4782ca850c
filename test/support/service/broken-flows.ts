import { setTimeout as delay } from 'node:timers/promises';
import type { ChallengeKind, ChallengeMatch, ChallengeOf } from '../../../src/domain/challenges/challenge';
import { ChallengeStore } from '../../../src/domain/challenges/challenge-store';
import { GrantStore } from '../../../src/domain/challenges/grant-store';
import { ClientStore } from '../../../src/domain/clients/client-store';
import { hashSecret } from '../../../src/domain/credentials/secret';
import { OAuthError } from '../../../src/protocols/oauth/oauth-error';
import { RedeemCodeFlow } from '../../../src/protocols/oauth/redeem-code.flow';
import { AccessTokens } from '../../../src/domain/tokens/access-tokens';
import { TokenAuthentication } from '../../../src/domain/tokens/token-authentication';
import { redeemed } from '../stores/redeemed';
import type { TestService } from './service';

type Break = (service: Pick<TestService, 'app'>) => void;

/** What a store that only reads would give up. */
async function readable<Kind extends ChallengeKind>(
  challenges: ChallengeStore,
  [kind, id, match, now]: readonly [Kind, string, ChallengeMatch<Kind>, number],
): Promise<ChallengeOf<Kind> | undefined> {
  const found = await challenges.find(kind, id);
  if (found === undefined || found.expiresAt <= now) return undefined;
  return Object.entries(match).every(([field, value]) => Reflect.get(found, field) === value) ? found : undefined;
}

/** The id of the code that a request shows. */
const codeId = ({ code }: { readonly code: string | undefined }) => hashSecret(code ?? '');

/**
 * Ways in which a server of this kind has been wrong beside those that the twin has, each made by replacing one method of the running service, and the
 * attacks that must catch it by name.
 */
export const brokenFlows: readonly { name: string; caughtBy: readonly string[]; breakIt: Break }[] = [
  {
    name: 'a wrong verifier redeems the code',
    caughtBy: ['pkce.wrong-verifier'],
    breakIt: ({ app }) => {
      const [flow, challenges] = [app.get(RedeemCodeFlow), app.get(ChallengeStore)];
      const redeem = flow.redeem.bind(flow);
      flow.redeem = async (request) => {
        try {
          return await redeem(request);
        } catch (error) {
          const isWrong = error instanceof OAuthError && error.reason === 'code_verifier_mismatch';
          if (isWrong) await redeemed(challenges, 'authorization_code', codeId(request), {}, 0);
          throw error;
        }
      };
    },
  },
  {
    name: 'the store reads, then deletes',
    caughtBy: ['pkce.double-spend', 'wallet.double-spend'],
    breakIt: ({ app }) => {
      const challenges = app.get(ChallengeStore);
      const redeem = challenges.redeem.bind(challenges);
      challenges.redeem = async (kind, id, match, now, begin) => {
        const found = await readable(challenges, [kind, id, match, now]);
        await delay(20);
        const won = await redeem(kind, id, match, now, begin);
        return won ?? (found && { ...begin(found), challenge: found, endedIds: [] });
      };
    },
  },
  {
    name: 'a replay at once revokes',
    caughtBy: ['pkce.replayed-code', 'wallet.replayed-signature'],
    breakIt: ({ app }) => {
      const grants = app.get(GrantStore);
      const findSuccessor = grants.findSuccessor.bind(grants);
      grants.findSuccessor = async (kind, challengeId) => {
        const grant = await findSuccessor(kind, challengeId);
        return grant && { ...grant, createdAt: 0 };
      };
    },
  },
  {
    name: 'the client is not checked',
    caughtBy: ['pkce.other-client'],
    breakIt: ({ app }) => {
      const [flow, challenges, clients] = [app.get(RedeemCodeFlow), app.get(ChallengeStore), app.get(ClientStore)];
      const redeem = flow.redeem.bind(flow);
      flow.redeem = async (request) => {
        const code = await challenges.find('authorization_code', codeId(request));
        return redeem({ ...request, client: (await clients.find(code?.clientId ?? '')) ?? request.client });
      };
    },
  },
  {
    name: 'a token that is bound to a key is served without it',
    caughtBy: ['pkce.dpop-stolen-token'],
    breakIt: ({ app }) => {
      const [authentication, tokens] = [app.get(TokenAuthentication), app.get(AccessTokens)];
      authentication.authenticate = async ({ headers: { authorization = '' } }) =>
        (await tokens.verify(authorization.split(' ')[1] ?? '')).claims;
    },
  },
];
