import { Controller } from '@nestjs/common';
import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { newSecret } from '../../../domain/credentials/secret';
import { type Passkey, passkeysAtMost, type User, UserStore } from '../../../domain/identity/user-store';
import { FieldError } from '../../../platform/fields/field-error';
import { formOf } from '../../../platform/http/bodies';
import { Endpoint, pathParameter } from '../../../platform/http/endpoint';
import { isPasskeyName, PasskeyCreations } from '../../passkey/passkey-creations';
import { PasskeyError } from '../../passkey/passkey-error';
import { credentialBodyLimit, passkeyChallengeLimit } from '../../passkey/passkey-limits';
import { FormProtection, isFromAnotherSite } from '../csrf';
import { AccountError } from './account-error';
import { CredentialChanges } from './credential-changes';
import { changedPasskey, passkeyChangeIn } from './passkey-change';
import {
  accountPasskeyChallengeOperation,
  accountPasskeyChangeOperation,
  accountPasskeyOperation,
} from './passkeys.openapi';
import { freshPerson, type Person } from './person-access';

/** The passkeys, on the account page. Source: docs/http-api.md, section POST /account/passkeys. */
@Controller()
export class AccountPasskeysController {
  constructor(
    private readonly creations: PasskeyCreations,
    private readonly changes: CredentialChanges,
    private readonly users: UserStore,
    private readonly protection: FormProtection,
  ) {}

  /** Throws: {@link AccountError}; 404 where passkeys are off. */
  @Endpoint({
    method: 'POST',
    path: '/account/passkeys/challenge',
    access: freshPerson,
    body: 'json',
    notJson: () => new AccountError('body_invalid'),
    status: 201,
    limit: { ...passkeyChallengeLimit, subjectOf: noSubject },
    describe: accountPasskeyChallengeOperation,
  })
  async challenge(
    request: FastifyRequest,
    reply: FastifyReply,
    { user }: Person,
  ): Promise<PublicKeyCredentialCreationOptionsJSON> {
    const { userHandle: handle = '', passkeys = [], username } = await this.withHandle(user);
    return this.creations.begin({
      browser: this.protection.browserOf(request, reply),
      owner: ownerOf(user),
      user: { name: username, displayName: user.name ?? username, handle },
      existing: passkeys,
    });
  }

  /** Throws: {@link AccountError}, {@link PasskeyError}; 404 where passkeys are off. */
  @Endpoint({
    method: 'POST',
    path: '/account/passkeys',
    access: freshPerson,
    bodyLimit: credentialBodyLimit,
    body: 'form',
    limit: { ...passkeyChallengeLimit, subjectOf: noSubject },
    describe: accountPasskeyOperation,
  })
  async add(request: FastifyRequest, reply: FastifyReply, { user }: Person): Promise<void> {
    const form = formOf(request);
    const name = form.get('name')?.trim();
    if (name !== undefined && !isPasskeyName(name)) throw new FieldError('name', '1 to 64 visible characters');
    const { passkey, userHandle } = await this.creations.complete({
      credential: form.get('credential'),
      name,
      browser: this.protection.knownBrowser(request),
      owner: ownerOf(user),
    });
    const isNew = await this.changes.give(user.id, request.events, {
      key: { passkey: passkey.credentialId },
      type: 'passkey_added',
      taken: 'already_exists',
      add: (owner) => withPasskey(owner, passkey, userHandle),
      takeBack: (owner) => ({ ...owner, passkeys: owner.passkeys?.filter(({ id }) => id !== passkey.id) ?? [] }),
    });
    if (!isNew) throw new AccountError('already_exists');
    void reply.redirect('/account', 303);
  }

  /** Throws: {@link AccountError}. */
  @Endpoint({
    method: 'POST',
    path: '/account/passkeys/:id',
    access: freshPerson,
    body: 'form',
    describe: accountPasskeyChangeOperation,
  })
  async change(request: FastifyRequest, reply: FastifyReply, { user }: Person): Promise<void> {
    const id = pathParameter(request, 'id');
    const change = passkeyChangeIn(formOf(request));
    await this.changes.change(user.id, change.type, request.events, (before) => changedPasskey(before, id, change));
    void reply.redirect('/account', 303);
  }

  /** The user with a `user.id` for passkeys: stored before the first one is made, so that all get the same. */
  private async withHandle(user: User): Promise<User> {
    if (user.userHandle !== undefined) return user;
    const userHandle = newSecret();
    const stored = await this.users.change(user.id, (before) => ({ userHandle, ...before }));
    if (stored === undefined) throw new AccountError('access_denied');
    return stored;
  }
}

function withPasskey(owner: User, passkey: Passkey, userHandle: string): User {
  const { passkeys = [] } = owner;
  if (passkeys.length >= passkeysAtMost) throw new AccountError('too_many');
  if (passkeys.some(({ credentialId }) => credentialId === passkey.credentialId))
    throw new AccountError('already_exists');
  // A passkey that names another user handle could never sign in.
  if (owner.userHandle !== userHandle) throw new PasskeyError('challenge_unknown');
  return { ...owner, passkeys: [...passkeys, passkey] };
}

function ownerOf({ id }: User): string {
  return `user ${id}`;
}

/** A cross-site request is refused anyway and must not use up its victim's attempts. */
function noSubject(request: FastifyRequest): string | undefined {
  return isFromAnotherSite(request) ? undefined : '';
}
