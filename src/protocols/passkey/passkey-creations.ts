import { Inject, Injectable } from '@nestjs/common';
import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import type { PasskeyCreation } from '../../domain/challenges/challenge';
import { ChallengeStore } from '../../domain/challenges/challenge-store';
import { grantIdFor } from '../../domain/challenges/grant';
import { newId, newSecret } from '../../domain/credentials/secret';
import { RpIdStore } from '../../domain/identity/rp-id-store';
import type { Passkey } from '../../domain/identity/user-store';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { assertCeremony, relyingPartyOf } from './ceremony';
import { parseRegistration } from './credential.schemas';
import { PasskeyError } from './passkey-error';
import { passkeyAlgorithms } from './passkey-key';
import { passkeyChallengeTtl } from './passkey-limits';
import { registrationIsSigned } from './passkey-signature';

const kind = 'passkey_creation';

/** Of whom a new passkey is. */
interface Creator {
  /** `FormProtection.browserOf`, or `knownBrowser`; undefined for a browser without a cookie, which has no challenge. */
  readonly browser: string | undefined;
  /** `user <id>`, `link <hash>` or `sign-up <canonical username>`. */
  readonly owner: string;
}

interface AskedPasskey extends Creator {
  readonly browser: string;
  readonly user: {
    readonly name: string;
    readonly displayName: string;
    /** {@link User.userHandle}. */
    readonly handle: string;
  };
  /** Those that the end-user has: an authenticator makes no second one. */
  readonly existing: readonly Passkey[];
}

interface NewPasskey extends Creator {
  /** `RegistrationResponseJSON`. */
  readonly credential: string | undefined;
  /** For which {@link isPasskeyName} holds; by default "Passkey". */
  readonly name: string | undefined;
}

/** New passkeys, wherever they are made: whose challenge it is, and that it is used once. Who gets the passkey, the caller decides. */
@Injectable()
export class PasskeyCreations {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly challenges: ChallengeStore,
    private readonly rpIds: RpIdStore,
  ) {}

  /** False where the issuer is an IP address. */
  get isOn(): boolean {
    return this.config.rpId !== undefined;
  }

  /** Throws: 404 where passkeys are off. */
  async begin({ browser, owner, user, existing }: AskedPasskey): Promise<PublicKeyCredentialCreationOptionsJSON> {
    const { rpId, origin } = relyingPartyOf(this.config);
    const { handle: userHandle, name, displayName } = user;
    const [id, createdAt] = [newSecret(), this.clock.now()];
    const expiresAt = createdAt + passkeyChallengeTtl * 1000;
    await this.challenges.save({ kind, id, createdAt, expiresAt, clientId: origin, browser, owner, userHandle });
    return {
      rp: { id: rpId, name: 'Tessera' },
      user: { id: userHandle, name, displayName },
      challenge: id,
      pubKeyCredParams: passkeyAlgorithms.map((alg) => ({ type: 'public-key', alg })),
      timeout: passkeyChallengeTtl * 1000,
      excludeCredentials: existing.map(({ credentialId }) => ({ type: 'public-key', id: credentialId })),
      authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
      attestation: 'none',
    };
  }

  /**
   * The new passkey, which no record holds yet, and the `user.id` that it was made for. Throws: {@link PasskeyError}, by the
   * first check that fails; 404 where passkeys are off.
   */
  async complete({
    credential,
    name = 'Passkey',
    browser,
    owner,
  }: NewPasskey): Promise<{ passkey: Passkey; userHandle: string }> {
    const relyingParty = relyingPartyOf(this.config);
    const registration = parseRegistration(credential);
    const { clientData, credentialId, publicKey, transports, authenticatorData } = registration;
    const challenge = await this.find(clientData.challenge);
    if (challenge.browser !== browser || challenge.owner !== owner) throw new PasskeyError('challenge_unknown');
    const { id, expiresAt, userHandle } = challenge;
    if (expiresAt <= this.clock.now()) throw new PasskeyError('challenge_expired');
    assertCeremony(registration, relyingParty);
    if (!(await registrationIsSigned(registration, relyingParty))) throw new PasskeyError('signature_mismatch');
    // Another process may have been started with another RP ID before there was any passkey.
    if (!(await this.rpIds.keep(relyingParty.rpId))) throw new PasskeyError('rp_id_mismatch');
    const redeemed = await this.challenges.redeem(kind, id, { browser, owner }, this.clock.now(), markUsed);
    if (redeemed === undefined) throw this.overtaken(expiresAt);
    const passkey = {
      id: newId(),
      credentialId,
      publicKey,
      counter: authenticatorData.counter,
      ...(transports !== undefined && { transports }),
      name,
      synced: authenticatorData.backedUp,
      createdAt: this.clock.now(),
    };
    return { passkey, userHandle };
  }

  private async find(id: string): Promise<PasskeyCreation> {
    const challenge = await this.challenges.find(kind, id);
    if (challenge !== undefined) return challenge;
    const used = await this.challenges.find(kind, grantIdFor(kind, id));
    throw new PasskeyError(used === undefined ? 'challenge_unknown' : 'challenge_used');
  }

  private overtaken(expiresAt: number): PasskeyError {
    return new PasskeyError(expiresAt <= this.clock.now() ? 'challenge_expired' : 'challenge_used');
  }
}

/** Kept until the challenge would have expired, so that its owner gets "used" and not "unknown"; it is of no browser. */
function markUsed(challenge: PasskeyCreation) {
  return { successor: { ...challenge, id: grantIdFor(kind, challenge.id), browser: '', owner: '' } };
}

/** True for 1 to 64 visible characters without blanks at the ends. */
export function isPasskeyName(name: string): boolean {
  return name !== '' && name.length <= 64 && name.trim() === name && !/\p{C}/u.test(name);
}
