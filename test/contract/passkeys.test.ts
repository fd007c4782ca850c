import { describe, expect, it } from '@jest/globals';
import { ChallengeStore } from '../../src/domain/challenges/challenge-store';
import { newId, newSecret } from '../../src/domain/credentials/secret';
import { RpIdStore } from '../../src/domain/identity/rp-id-store';
import { type User, UserStore } from '../../src/domain/identity/user-store';
import { PasskeyCreations } from '../../src/protocols/passkey/passkey-creations';
import type { PasskeyError } from '../../src/protocols/passkey/passkey-error';
import { type PasskeyAnswer, type PasskeyLogin, PasskeyLogins } from '../../src/protocols/passkey/passkey-logins';
import { Authenticator } from '../support/clients/authenticator';
import { fixture } from '../support/run/fixture';
import { RecordedEvents } from '../support/service/recorded-events';
import { openEmptyStore, portOf } from '../support/stores/open-empty-store';
import { bothStores } from '../support/stores/stores';

const clientId = 'demo-spa';
const reasonOf = (asked: Promise<unknown>) =>
  asked.then(
    () => 'taken',
    (error: { reason?: string }) => error.reason,
  );

// What of a ceremony depends on a moment, or on what others do meanwhile.
describe.each(bothStores)('passkeys on %s', (name) => {
  const stores = fixture(() => openEmptyStore(name));
  const challenges = portOf(stores, ChallengeStore);
  const users = portOf(stores, UserStore);
  const rpIds = portOf(stores, RpIdStore);
  const creations = fixture(() => new PasskeyCreations(stores.config, stores.clock, challenges, rpIds));
  const logins = fixture(() => new PasskeyLogins(stores.config, stores.clock, challenges, users));
  const newAuthenticator = () => new Authenticator({ origin: stores.config.issuer, counts: true });

  async function made(authenticator: Authenticator) {
    const creator = { browser: newSecret(), owner: 'user' };
    const user = { name: 'anna', displayName: 'Anna', handle: newSecret() };
    const options = await creations.begin({ ...creator, user, existing: [] });
    return { ...creator, credential: JSON.stringify(authenticator.create(options)), name: undefined };
  }

  async function owner(authenticator: Authenticator): Promise<User> {
    const { passkey, userHandle } = await creations.complete(await made(authenticator));
    const id = newId();
    const user = { id, username: id, userHandle, passkeys: [passkey], demo: false };
    await users.add(user);
    return user;
  }

  async function answerBy(authenticator: Authenticator): Promise<PasskeyAnswer & { readonly events: RecordedEvents }> {
    const place = { browser: newSecret(), clientId };
    const options = await logins.begin(place);
    return {
      ...place,
      credential: JSON.stringify(authenticator.get(options)),
      arrivedAt: stores.clock.now(),
      sessions: { find: async () => undefined, endReplayed: async () => {} },
      events: new RecordedEvents(),
    };
  }

  /** Why the verified login is refused, before or after its session has begun; "taken" when that stays. */
  const redeem = async (login: PasskeyLogin, by: PasskeyLogins = logins) => {
    const createdAt = stores.clock.now();
    const session = {
      ...login.session,
      authentication: login.authentication,
      createdAt,
      expiresAt: createdAt + 60_000,
    };
    const refusal = by.redeem(login, session, new RecordedEvents());
    return (await refusal.catch((error: PasskeyError) => error.reason)) ?? 'taken';
  };

  const signIn = async (answer: PasskeyAnswer) => redeem(await logins.verify(answer));

  it('given an assertion, when it is verified, then the login says who, how and when', async () => {
    const authenticator = newAuthenticator();
    const { id } = await owner(authenticator);
    const answer = await answerBy(authenticator);

    const login = await stores.clock.standStill(async () => ({
      ...(await logins.verify(answer)),
      at: stores.clock.now(),
    }));

    expect(login.authentication).toEqual({
      sub: id,
      amr: ['pop', 'mfa'],
      authTime: Math.floor(login.at / 1000),
      acr: 'phr',
    });
    expect(answer.events.whom).toEqual({ sub: id });
    expect(await redeem(login)).toBe('taken');
  });

  it('given one assertion, when two requests verify it before either redeems it, then one of them signs in', async () => {
    const authenticator = newAuthenticator();
    await owner(authenticator);
    const answer = await answerBy(authenticator);

    const verified = [await logins.verify(answer), await logins.verify(answer)];
    const outcomes = await Promise.all(verified.map((login) => redeem(login)));

    expect(outcomes.toSorted()).toEqual(['challenge_used', 'taken']);
  });

  it('given the moment at which a challenge ends, when it is answered, then it is expired, and a moment before it is not', async () => {
    await stores.clock.standStill(async () => {
      const [authenticator, other] = [newAuthenticator(), newAuthenticator()];
      await owner(authenticator);
      const [early, late] = [await answerBy(authenticator), await answerBy(authenticator)];
      const [created, createdLate] = [await made(other), await made(other)];
      stores.clock.advance(299_999);
      const before = [await signIn(early), await reasonOf(creations.complete(created))];
      stores.clock.advance(1);

      expect(before).toEqual(['taken', 'taken']);
      expect(await reasonOf(logins.verify(late))).toBe('challenge_expired');
      expect(await reasonOf(creations.complete(createdLate))).toBe('challenge_expired');
    });
  });

  it('given two passkeys of one user, when one is used, then the other stays as it is', async () => {
    const [first, second] = [newAuthenticator(), newAuthenticator()];
    const { id } = await owner(first);
    const { passkey } = await creations.complete(await made(second));
    await users.change(id, (user) => ({ ...user, passkeys: [passkey, ...(user.passkeys ?? [])] }));

    await signIn(await answerBy(first));

    expect((await users.find(id))?.passkeys).toMatchObject([{ id: passkey.id, counter: 0 }, { counter: 1 }]);
  });

  it.each<[what: string, change: (user: User) => User | undefined, reason: string]>([
    ['is removed', () => undefined, 'passkey_unknown'],
    ['is disabled', (user) => ({ ...user, disabled: true }), 'passkey_unknown'],
    ['loses the passkey', (user) => ({ ...user, passkeys: [] }), 'passkey_unknown'],
    [
      'has the passkey suspected',
      (user) => ({ ...user, passkeys: (user.passkeys ?? []).map((each) => ({ ...each, suspected: true })) }),
      'counter_regressed',
    ],
  ])(
    'given a user who %s before or just after the challenge is redeemed, then nobody is signed in',
    async (_what, change, reason) => {
      const changeUser = async (user: User) => {
        const changed = change(user);
        if (changed === undefined) await users.remove(user.id);
        else await users.change(user.id, () => changed);
      };
      const [early, late] = [newAuthenticator(), newAuthenticator()];
      const [user, other] = [await owner(early), await owner(late)];
      const meanwhile: ChallengeStore = Object.create(challenges, {
        redeem: {
          value: async (...asked: Parameters<ChallengeStore['redeem']>) => {
            const redeemed = await challenges.redeem(...asked);
            await changeUser(user);
            return redeemed;
          },
        },
      });
      const underWay = new PasskeyLogins(stores.config, stores.clock, meanwhile, users);
      const verified = await logins.verify(await answerBy(late));
      await changeUser(other);

      expect(await redeem(await logins.verify(await answerBy(early)), underWay)).toBe(reason);
      expect(await redeem(verified)).toBe(reason);
    },
  );

  it('given a user whose sessions end after the challenge was issued, when it is redeemed, then it is used up', async () => {
    const authenticator = newAuthenticator();
    const { id: sub } = await owner(authenticator);
    const login = await logins.verify(await answerBy(authenticator));

    await challenges.end({ sub }, stores.clock.now());

    expect(await redeem(login)).toBe('challenge_used');
  });
});

describe('the RP ID of new passkeys', () => {
  const stores = fixture(() => openEmptyStore('lmdb'));
  const creationsFor = (rpId: string | undefined) =>
    new PasskeyCreations({ ...stores.config, rpId }, stores.clock, stores.get(ChallengeStore), stores.get(RpIdStore));

  it('given a store that keeps another one, when a passkey is made, then it is rp_id_mismatch', async () => {
    await stores.get(RpIdStore).keep('example.org');
    const creator = { browser: newSecret(), owner: 'user' };
    const user = { name: 'anna', displayName: 'Anna', handle: newSecret() };
    const options = await creationsFor('localhost').begin({ ...creator, user, existing: [] });
    const credential = JSON.stringify(new Authenticator({ origin: stores.config.issuer }).create(options));

    const refused = reasonOf(creationsFor('localhost').complete({ ...creator, credential, name: undefined }));

    expect(await refused).toBe('rp_id_mismatch');
  });

  it('given an issuer that is an IP address, when it is asked, then passkeys are off', () => {
    expect([creationsFor(undefined).isOn, creationsFor('localhost').isOn]).toEqual([false, true]);
  });
});
