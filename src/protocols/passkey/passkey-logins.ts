import { Inject, Injectable } from '@nestjs/common';
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import type { PasskeyLogin as PasskeyLoginChallenge } from '../../domain/challenges/challenge';
import { ChallengeStore } from '../../domain/challenges/challenge-store';
import { isReplay, grantIdFor } from '../../domain/challenges/grant';
import type { Session } from '../../domain/challenges/session';
import { newSecret } from '../../domain/credentials/secret';
import type { Events } from '../../domain/events/events';
import type { Authentication } from '../../domain/identity/authentication';
import { maySignIn, type Passkey, type User, UserStore } from '../../domain/identity/user-store';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { assertCeremony, relyingPartyOf } from './ceremony';
import { type Assertion, parseAssertion } from './credential.schemas';
import { PasskeyError, type PasskeyErrorReason } from './passkey-error';
import { passkeyChallengeTtl } from './passkey-limits';
import { assertionIsSigned } from './passkey-signature';
import { counterRegressed, suspectedPasskey, usedPasskey } from './passkey-use';

const kind = 'passkey_login';

/** Where a login was begun: a challenge is worth nothing in another browser, or for another client's request. */
interface LoginPlace {
  /** `FormProtection.browserOf`, or `knownBrowser`. */
  readonly browser: string | undefined;
  /** The client of the interrupted request; the issuer without one. */
  readonly clientId: string;
}

export interface PasskeyAnswer extends LoginPlace {
  /** `AuthenticationResponseJSON`. */
  readonly credential: string | undefined;
  /** When the request arrived; milliseconds since the epoch. */
  readonly arrivedAt: number;
  readonly sessions: BegunSessions;
  readonly events: Events;
}

/** The sessions that challenges became, as needed to handle a replay. */
export interface BegunSessions {
  /** The session of a redeemed challenge, even if it has ended. */
  find(sessionId: string): Promise<Pick<Session, 'signatureHash' | 'createdAt'> | undefined>;
  /** Ends it because its assertion was replayed: the sender has stolen it. */
  endReplayed(sessionId: string): Promise<void>;
}

/** A verified assertion, and the challenge that it redeems when its session begins. */
export interface PasskeyLogin {
  readonly authentication: Authentication;
  /** What identifies the session that the challenge becomes. */
  readonly session: Pick<Session, 'id' | 'signatureHash'>;
  readonly challenge: PasskeyLoginChallenge;
  readonly assertion: Assertion;
}

/**
 * Logins by passkey. The passkeys are discoverable: nobody types a name first, so nothing tells whether one exists. Source:
 * WebAuthn Level 3 §7.2; docs/http-api.md, section Passkey model.
 */
@Injectable()
export class PasskeyLogins {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly challenges: ChallengeStore,
    private readonly users: UserStore,
  ) {}

  /** Throws: 404 where passkeys are off. */
  assertOn(): void {
    relyingPartyOf(this.config);
  }

  /** Throws: 404 where passkeys are off. */
  async begin({
    browser,
    clientId,
  }: LoginPlace & { readonly browser: string }): Promise<PublicKeyCredentialRequestOptionsJSON> {
    const { rpId } = relyingPartyOf(this.config);
    const [id, createdAt, timeout] = [newSecret(), this.clock.now(), passkeyChallengeTtl * 1000];
    await this.challenges.save({ kind, id, clientId, browser, createdAt, expiresAt: createdAt + timeout });
    return { challenge: id, rpId, timeout, userVerification: 'required', allowCredentials: [] };
  }

  /** Verifies the assertion. Throws: {@link PasskeyError}, by the first check that fails; 404 where passkeys are off. */
  async verify(answer: PasskeyAnswer): Promise<PasskeyLogin> {
    const relyingParty = relyingPartyOf(this.config);
    const assertion = parseAssertion(answer.credential);
    const challenge = await this.challenges.find(kind, assertion.clientData.challenge);
    if (challenge === undefined) return this.refuseRedeemed(assertion, answer);
    const { browser, clientId, expiresAt } = challenge;
    if (browser !== answer.browser || clientId !== answer.clientId) throw new PasskeyError('challenge_unknown');
    if (expiresAt <= this.clock.now()) throw new PasskeyError('challenge_expired');
    assertCeremony(assertion, relyingParty);
    const user = await this.users.findOwner({ passkey: assertion.credentialId });
    const passkey = user && passkeyOf(user, assertion);
    if (user === undefined || passkey === undefined) throw new PasskeyError('passkey_unknown');
    const { id: sub } = user;
    answer.events.concern({ sub });
    if (!(await assertionIsSigned(assertion, passkey, relyingParty))) throw new PasskeyError('signature_mismatch');
    const authTime = Math.floor(this.clock.now() / 1000);
    return {
      authentication: { sub, amr: ['pop', 'mfa'], authTime, acr: 'phr' },
      session: { id: grantIdFor(kind, challenge.id), signatureHash: assertion.signatureHash },
      challenge,
      assertion,
    };
  }

  /**
   * Redeems the challenge, which becomes the session, and records the use of the passkey. Returns why the session must end at
   * once: it is asked after it has begun, because the user may have been disabled, lost the passkey or ended everything
   * meanwhile, and whoever ends the sessions must find all of them. Throws: {@link PasskeyError} when no session begins.
   */
  async redeem(
    { challenge, assertion }: PasskeyLogin,
    session: Session,
    events: Events,
  ): Promise<PasskeyErrorReason | undefined> {
    const { id, browser, clientId, expiresAt, createdAt: issuedAt } = challenge;
    // As of the redemption: from then on a repeat is a duplicate, and later theft.
    const toSession = () => ({ session: { ...session, createdAt: this.clock.now() } });
    const redeemed = await this.challenges.redeem(kind, id, { browser, clientId }, this.clock.now(), toSession);
    if (redeemed === undefined)
      throw new PasskeyError(expiresAt <= this.clock.now() ? 'challenge_expired' : 'challenge_used');
    const { sub } = session.authentication;
    // After the redemption: the same assertion twice is no regression.
    const refusal = await this.count(sub, assertion, events);
    if (refusal !== undefined) return refusal;
    return (await this.challenges.hasEnded({ sub }, issuedAt)) ? 'challenge_used' : undefined;
  }

  /** For a challenge that is gone: redeemed, or never ours. Whoever replays it with its signature has stolen that. */
  private async refuseRedeemed(
    { clientData, signatureHash }: Assertion,
    { sessions, arrivedAt }: PasskeyAnswer,
  ): Promise<never> {
    const sessionId = grantIdFor(kind, clientData.challenge);
    const begun = await sessions.find(sessionId);
    if (begun === undefined) throw new PasskeyError('challenge_unknown');
    if (begun.signatureHash === signatureHash && isReplay(begun, arrivedAt)) await sessions.endReplayed(sessionId);
    throw new PasskeyError('challenge_used');
  }

  /** Records the use, or that the passkey may be a copy: one conditional write. Returns why it must not sign in. */
  private async count(sub: string, assertion: Assertion, events: Events): Promise<PasskeyErrorReason | undefined> {
    const said = assertion.authenticatorData;
    let refusal = 'passkey_unknown' as PasskeyErrorReason | undefined;
    const changed = await this.users.change(sub, (user) => {
      const passkey = passkeyOf(user, assertion);
      refusal = passkey === undefined ? 'passkey_unknown' : refusalBy(passkey, said);
      if (passkey === undefined || passkey.suspected === true) return undefined;
      return withPasskey(
        user,
        refusal === undefined ? usedPasskey(passkey, said, this.clock.now()) : suspectedPasskey(passkey),
      );
    });
    if (refusal === 'counter_regressed' && changed !== undefined) events.emit({ type: 'passkey_suspected', sub });
    return refusal;
  }
}

/** The user's passkey that made the assertion; undefined as well for a user who may not sign in, or with another's handle. */
function passkeyOf(user: User, { credentialId, userHandle }: Assertion): Passkey | undefined {
  if (!maySignIn(user) || user.userHandle !== userHandle) return undefined;
  return user.passkeys?.find((passkey) => passkey.credentialId === credentialId);
}

function refusalBy(passkey: Passkey, said: Assertion['authenticatorData']): PasskeyErrorReason | undefined {
  return passkey.suspected === true || counterRegressed(passkey, said) ? 'counter_regressed' : undefined;
}

function withPasskey(user: User, changed: Passkey): User {
  const passkeys = user.passkeys?.map((passkey) => (passkey.id === changed.id ? changed : passkey)) ?? [];
  return { ...user, passkeys };
}
