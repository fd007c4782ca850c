import { setTimeout as delay } from 'node:timers/promises';
import type { ChallengeKind, ChallengeMatch, ChallengeOf } from '../../../src/domain/challenges/challenge';
import { ChallengeStore } from '../../../src/domain/challenges/challenge-store';
import { GrantStore } from '../../../src/domain/challenges/grant-store';
import { ClientStore } from '../../../src/domain/clients/client-store';
import { malleated } from '../../../src/apps/comparison/attacks/malleated';
import { hashSecret } from '../../../src/domain/credentials/secret';
import { accountId } from '../../../src/domain/identity/account-id';
import { OAuthError } from '../../../src/protocols/oauth/oauth-error';
import { s256 } from '../../../src/domain/credentials/pkce';
import { RedeemCodeFlow } from '../../../src/protocols/oauth/redeem-code.flow';
import { AccessTokens } from '../../../src/domain/tokens/access-tokens';
import { TokenAuthentication } from '../../../src/domain/tokens/token-authentication';
import { AccountProof } from '../../../src/protocols/wallet/account-proof';
import { SignInFlow } from '../../../src/protocols/wallet/sign-in.flow';
import { parseSignature } from '../../../src/protocols/wallet/signature';
import { hashMessage } from '../../../src/protocols/wallet/signer-recovery';
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
 * Ways in which a server of this kind has been wrong, each made by replacing one method of the running service, and the
 * attacks that must catch it by name.
 */
export const brokenFlows: readonly { name: string; caughtBy: readonly string[]; breakIt: Break }[] = [
  {
    name: 'any verifier is accepted',
    caughtBy: ['pkce.wrong-verifier'],
    breakIt: ({ app }) => {
      const [flow, challenges] = [app.get(RedeemCodeFlow), app.get(ChallengeStore)];
      const redeem = flow.redeem.bind(flow);
      flow.redeem = async (request) => {
        const [id, verifier] = [codeId(request), request.codeVerifier];
        const code = await challenges.find('authorization_code', id);
        if (verifier !== undefined && code !== undefined && s256(verifier) !== code.codeChallenge) {
          await redeemed(challenges, 'authorization_code', id, {}, 0);
          await challenges.save({ ...code, codeChallenge: s256(verifier) });
        }
        return redeem(request);
      };
    },
  },
  {
    name: 'a missing verifier is accepted',
    caughtBy: ['pkce.no-verifier'],
    breakIt: ({ app }) => {
      const [flow, challenges] = [app.get(RedeemCodeFlow), app.get(ChallengeStore)];
      const redeem = flow.redeem.bind(flow);
      const stand = 'a'.repeat(43);
      flow.redeem = async (request) => {
        if (request.codeVerifier !== undefined) return redeem(request);
        const code = await redeemed(challenges, 'authorization_code', codeId(request), {}, 0);
        if (code !== undefined) await challenges.save({ ...code, codeChallenge: s256(stand) });
        return redeem({ ...request, codeVerifier: stand });
      };
    },
  },
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
    name: 'a spent challenge is not deleted',
    caughtBy: ['pkce.replayed-code', 'pkce.double-spend', 'wallet.replayed-signature', 'wallet.double-spend'],
    breakIt: ({ app }) => {
      const challenges = app.get(ChallengeStore);
      const redeem = challenges.redeem.bind(challenges);
      challenges.redeem = async (kind, id, match, now, begin) => {
        const found = await readable(challenges, [kind, id, match, now]);
        const won = await redeem(kind, id, match, now, begin);
        // A redemption names what was proved; whatever else removes a challenge is no redemption.
        const isRedemption = 'codeChallenge' in match || 'wallet' in match;
        if (found === undefined || !isRedemption) return won;
        if (won !== undefined) await challenges.save(found);
        return won ?? { ...begin(found), challenge: found, endedIds: [] };
      };
    },
  },
  {
    name: 'a late replay revokes nothing',
    caughtBy: ['pkce.replayed-code', 'wallet.replayed-signature'],
    breakIt: ({ app }) => {
      app.get(GrantStore).revoke = async () => false;
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
    name: 'the redirect URI is not checked',
    caughtBy: ['pkce.other-redirect'],
    breakIt: ({ app }) => {
      const [flow, challenges] = [app.get(RedeemCodeFlow), app.get(ChallengeStore)];
      const redeem = flow.redeem.bind(flow);
      flow.redeem = async (request) => {
        const code = await challenges.find('authorization_code', codeId(request));
        return redeem({ ...request, redirectUri: code?.redirectUri });
      };
    },
  },
  {
    name: 'the address is not checked',
    caughtBy: [
      'wallet.other-account',
      'wallet.swapped-address',
      'wallet.altered-message',
      'wallet.other-domain',
      'wallet.malleated',
      'wallet.contract-other-chain',
    ],
    breakIt: ({ app }) => {
      app.get(AccountProof).verify = async ({ wallet, chainId, message }) => {
        const messageHash = Buffer.from(hashMessage(message)).toString('hex');
        return {
          sub: accountId(1, wallet),
          accountProof: 'key',
          proof: { wallet, chainId, messageHash, signatureHash: '' },
        };
      };
    },
  },
  {
    name: 'the message that is sent is verified in place of the issued one',
    caughtBy: ['wallet.altered-message', 'wallet.other-domain'],
    breakIt: ({ app }) => {
      const [flow, proof] = [app.get(SignInFlow), app.get(AccountProof)];
      const [signIn, verify] = [flow.signIn.bind(flow), proof.verify.bind(proof)];
      let sent: string | undefined;
      flow.signIn = async (request) => {
        sent = request.message;
        return signIn({ ...request, message: undefined });
      };
      proof.verify = async (signed, signature, attempt) =>
        verify({ ...signed, message: sent ?? signed.message }, signature, attempt);
    },
  },
  {
    name: 'the expiry is not checked',
    caughtBy: ['pkce.expired', 'wallet.expired'],
    breakIt: ({ app }) => {
      const challenges = app.get(ChallengeStore);
      const [find, redeem] = [challenges.find.bind(challenges), challenges.redeem.bind(challenges)];
      challenges.find = async (kind, id) => {
        const found = await find(kind, id);
        return found === undefined ? undefined : { ...found, expiresAt: Number.MAX_SAFE_INTEGER };
      };
      challenges.redeem = async (kind, id, match, _now, begin) => redeem(kind, id, match, 0, begin);
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
  {
    name: 'a proof of a key is good twice',
    caughtBy: ['pkce.dpop-stolen-token'],
    breakIt: ({ app }) => {
      const challenges = app.get(ChallengeStore);
      const save = challenges.save.bind(challenges);
      challenges.save = async (challenge) => (challenge.kind === 'dpop_proof' ? undefined : save(challenge));
    },
  },
  {
    name: 'a signature with a high s is accepted',
    caughtBy: ['wallet.malleated'],
    breakIt: ({ app }) => {
      const proof = app.get(AccountProof);
      const verify = proof.verify.bind(proof);
      proof.verify = async (signed, signature, attempt) =>
        verify(signed, parseSignature(signature) === undefined ? malleated(signature) : signature, attempt);
    },
  },
];
