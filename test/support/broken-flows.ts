import { setTimeout as delay } from 'node:timers/promises';
import { ChallengeStore } from '../../src/challenges/challenge-store';
import { hashSecret } from '../../src/credentials/secret';
import { malleated } from '../../src/comparison/attacks/malleated';
import { TombstoneStore } from '../../src/challenges/tombstone-store';
import { ClientStore } from '../../src/clients/client-store';
import { Parameters } from '../../src/http/parameters';
import { OAuthError } from '../../src/oauth/oauth-error';
import { s256 } from '../../src/oauth/pkce';
import { RedeemCodeFlow } from '../../src/oauth/redeem-code.flow';
import { RevocationStore } from '../../src/tokens/revocation-store';
import { accountId } from '../../src/identity/account-id';
import { AccountProof } from '../../src/wallet/account-proof';
import { SignInFlow } from '../../src/wallet/sign-in.flow';
import { parseSignature } from '../../src/wallet/signature';
import type { TestService } from './service';

type Break = (service: Pick<TestService, 'app'>) => void;

/** The form with some fields set anew; undefined takes one out. */
function formWith(form: Parameters, changes: Readonly<Record<string, string | undefined>>): Parameters {
  const rest = form.without(...Object.keys(changes));
  const set = Object.entries(changes).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Parameters.parse(`${rest}&${new URLSearchParams(set)}`);
}

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
      flow.redeem = async (form, client, arrivedAt) => {
        const [id, verifier] = [hashSecret(form.get('code') ?? ''), form.get('code_verifier')];
        const code = await challenges.find('authorization_code', id);
        if (verifier !== undefined && code !== undefined && s256(verifier) !== code.codeChallenge) {
          await challenges.consume('authorization_code', id, {}, 0);
          await challenges.save({ ...code, codeChallenge: s256(verifier) });
        }
        return redeem(form, client, arrivedAt);
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
      flow.redeem = async (form, client, arrivedAt) => {
        if (form.get('code_verifier') !== undefined) return redeem(form, client, arrivedAt);
        const code = await challenges.consume('authorization_code', hashSecret(form.get('code') ?? ''), {}, 0);
        if (code !== undefined) await challenges.save({ ...code, codeChallenge: s256(stand) });
        return redeem(formWith(form, { code_verifier: stand }), client, arrivedAt);
      };
    },
  },
  {
    name: 'a wrong verifier burns the code',
    caughtBy: ['pkce.wrong-verifier'],
    breakIt: ({ app }) => {
      const [flow, challenges] = [app.get(RedeemCodeFlow), app.get(ChallengeStore)];
      const redeem = flow.redeem.bind(flow);
      flow.redeem = async (form, client, arrivedAt) => {
        const code = await challenges.find('authorization_code', hashSecret(form.get('code') ?? ''));
        try {
          return await redeem(form, client, arrivedAt);
        } catch (error) {
          const isWrong = error instanceof OAuthError && error.reason === 'code_verifier_mismatch';
          if (isWrong && code !== undefined) await challenges.consume('authorization_code', code.id, {}, 0);
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
      const consume = challenges.consume.bind(challenges);
      challenges.consume = async (kind, id, match, now) => {
        const found = await challenges.find(kind, id);
        await delay(20);
        await consume(kind, id, match, now);
        return found;
      };
    },
  },
  {
    name: 'a spent challenge is not deleted',
    caughtBy: ['pkce.replayed-code', 'pkce.double-spend', 'wallet.replayed-signature', 'wallet.double-spend'],
    breakIt: ({ app }) => {
      const challenges = app.get(ChallengeStore);
      const consume = challenges.consume.bind(challenges);
      challenges.consume = async (kind, id, match, now) => {
        // A redemption names what was proved; whatever else removes a challenge is no redemption.
        const isRedemption = 'codeChallenge' in match || 'wallet' in match;
        return isRedemption ? challenges.find(kind, id) : consume(kind, id, match, now);
      };
    },
  },
  {
    name: 'a late replay revokes nothing',
    caughtBy: ['pkce.replayed-code', 'wallet.replayed-signature'],
    breakIt: ({ app }) => {
      app.get(RevocationStore).revoke = async () => {};
    },
  },
  {
    name: 'a replay at once revokes',
    caughtBy: ['pkce.replayed-code', 'wallet.replayed-signature'],
    breakIt: ({ app }) => {
      const tombstones = app.get(TombstoneStore);
      const find = tombstones.find.bind(tombstones);
      tombstones.find = async (kind, id, now) => {
        const tombstone = await find(kind, id, now);
        return tombstone === undefined ? undefined : { ...tombstone, spentAt: 0 };
      };
    },
  },
  {
    name: 'the client is not checked',
    caughtBy: ['pkce.other-client'],
    breakIt: ({ app }) => {
      const [flow, challenges, clients] = [app.get(RedeemCodeFlow), app.get(ChallengeStore), app.get(ClientStore)];
      const redeem = flow.redeem.bind(flow);
      flow.redeem = async (form, client, arrivedAt) => {
        const code = await challenges.find('authorization_code', hashSecret(form.get('code') ?? ''));
        return redeem(form, (await clients.find(code?.clientId ?? '')) ?? client, arrivedAt);
      };
    },
  },
  {
    name: 'the redirect URI is not checked',
    caughtBy: ['pkce.other-redirect'],
    breakIt: ({ app }) => {
      const [flow, challenges] = [app.get(RedeemCodeFlow), app.get(ChallengeStore)];
      const redeem = flow.redeem.bind(flow);
      flow.redeem = async (form, client, arrivedAt) => {
        const code = await challenges.find('authorization_code', hashSecret(form.get('code') ?? ''));
        return redeem(formWith(form, { redirect_uri: code?.redirectUri }), client, arrivedAt);
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
    ],
    breakIt: ({ app }) => {
      const proof = app.get(AccountProof);
      proof.verify = async ({ wallet }) => accountId(1, wallet);
    },
  },
  {
    name: 'the message that is sent is verified in place of the issued one',
    caughtBy: ['wallet.altered-message', 'wallet.other-domain'],
    breakIt: ({ app }) => {
      const [flow, proof] = [app.get(SignInFlow), app.get(AccountProof)];
      const [signIn, verify] = [flow.signIn.bind(flow), proof.verify.bind(proof)];
      let sent: string | undefined;
      flow.signIn = async ({ message, ...answer }, arrivedAt) => {
        sent = message;
        return signIn({ ...answer, message: undefined }, arrivedAt);
      };
      proof.verify = async (signed, signature) => verify({ ...signed, message: sent ?? signed.message }, signature);
    },
  },
  {
    name: 'the expiry is not checked',
    caughtBy: ['wallet.expired'],
    breakIt: ({ app }) => {
      const challenges = app.get(ChallengeStore);
      const [find, consume] = [challenges.find.bind(challenges), challenges.consume.bind(challenges)];
      challenges.find = async (kind, id) => {
        const found = await find(kind, id);
        return found === undefined ? undefined : { ...found, expiresAt: Number.MAX_SAFE_INTEGER };
      };
      challenges.consume = async (kind, id, match) => consume(kind, id, match, 0);
    },
  },
  {
    name: 'a signature with a high s is accepted',
    caughtBy: ['wallet.malleated'],
    breakIt: ({ app }) => {
      const proof = app.get(AccountProof);
      const verify = proof.verify.bind(proof);
      proof.verify = async (signed, signature) =>
        verify(signed, parseSignature(signature) === undefined ? malleated(signature) : signature);
    },
  },
];
