import { Inject, Injectable } from '@nestjs/common';
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import { ChallengeStore, nothing } from '../../domain/challenges/challenge-store';
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

/** A login by passkey, and the id of the session that its challenge becomes. */
export interface PasskeyLogin {
  readonly authentication: Authentication;
  readonly sessionId: string;
  /** SHA-256 of the signature, base64url. */
  readonly signatureHash: string;
  readonly credentialId: string;
  /** When its challenge was issued; milliseconds since the epoch. */
  readonly issuedAt: number;
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

  /** Redeems the challenge. Throws: {@link PasskeyError}, by the first check that fails; 404 where passkeys are off. */
  async complete(answer: PasskeyAnswer): Promise<PasskeyLogin> {
    const relyingParty = relyingPartyOf(this.config);
    const assertion = parseAssertion(answer.credential);
    const id = assertion.clientData.challenge;
    const challenge = await this.challenges.find(kind, id);
    if (challenge === undefined) return this.refuseRedeemed(assertion, answer);
    const { browser, clientId, expiresAt, createdAt: issuedAt } = challenge;
    if (browser !== answer.browser || clientId !== answer.clientId) throw new PasskeyError('challenge_unknown');
    if (expiresAt <= this.clock.now()) throw new PasskeyError('challenge_expired');
    assertCeremony(assertion, relyingParty);
    const user = await this.users.findOwner({ passkey: assertion.credentialId });
    const passkey = user && passkeyOf(user, assertion);
    if (user === undefined || passkey === undefined) throw new PasskeyError('passkey_unknown');
    const { id: sub } = user;
    answer.events.concern({ sub });
    // Verified before it is redeemed: whoever learned the challenge but has no passkey must not be able to consume it.
    if (!(await assertionIsSigned(assertion, passkey, relyingParty))) throw new PasskeyError('signature_mismatch');
    const redeemed = await this.challenges.redeem(kind, id, { browser, clientId }, this.clock.now(), nothing);
    if (redeemed === undefined) throw this.overtaken(expiresAt);
    // Counted after it is redeemed: the same assertion twice is no regression.
    await this.count(sub, assertion, answer.events);
    const now = this.clock.now();
    return {
      authentication: { sub, amr: ['pop', 'mfa'], authTime: Math.floor(now / 1000), acr: 'phr' },
      sessionId: grantIdFor(kind, id),
      signatureHash: assertion.signatureHash,
      credentialId: assertion.credentialId,
      issuedAt,
    };
  }

  /**
   * Why the login is not valid any more; undefined while it is. Ask after its session has begun: the user may have been
   * disabled, lost the passkey or ended everything meanwhile, and whoever ends the sessions must find all of them.
   */
  async invalidatedBy(login: PasskeyLogin): Promise<PasskeyErrorReason | undefined> {
    const { authentication, credentialId, issuedAt } = login;
    const user = await this.users.find(authentication.sub);
    const passkey = user?.passkeys?.find((each) => each.credentialId === credentialId);
    if (user === undefined || !maySignIn(user) || passkey === undefined) return 'passkey_unknown';
    if (passkey.suspected === true) return 'counter_regressed';
    return (await this.challenges.hasEnded({ sub: user.id }, issuedAt)) ? 'challenge_used' : undefined;
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

  /** Records the use, or that the passkey may be a copy: one conditional write. Throws: {@link PasskeyError}. */
  private async count(sub: string, assertion: Assertion, events: Events): Promise<void> {
    const said = assertion.authenticatorData;
    let regressed = false;
    const changed = await this.users.change(sub, (user) => {
      const passkey = passkeyOf(user, assertion);
      if (passkey === undefined) throw new PasskeyError('passkey_unknown');
      if (passkey.suspected === true) throw new PasskeyError('counter_regressed');
      regressed = counterRegressed(passkey, said);
      return withPasskey(user, regressed ? suspectedPasskey(passkey) : usedPasskey(passkey, said, this.clock.now()));
    });
    if (changed === undefined) throw new PasskeyError('passkey_unknown');
    if (!regressed) return;
    events.emit({ type: 'passkey_suspected', sub });
    throw new PasskeyError('counter_regressed');
  }

  private overtaken(expiresAt: number): PasskeyError {
    return new PasskeyError(expiresAt <= this.clock.now() ? 'challenge_expired' : 'challenge_used');
  }
}

/** The user's passkey that made the assertion; undefined as well for a user who may not sign in, or with another's handle. */
function passkeyOf(user: User, { credentialId, userHandle }: Assertion): Passkey | undefined {
  if (!maySignIn(user) || user.userHandle !== userHandle) return undefined;
  return user.passkeys?.find((passkey) => passkey.credentialId === credentialId);
}

function withPasskey(user: User, changed: Passkey): User {
  const passkeys = user.passkeys?.map((passkey) => (passkey.id === changed.id ? changed : passkey)) ?? [];
  return { ...user, passkeys };
}
