import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { hashPassword } from '../../domain/credentials/password';
import { isFitPassword } from '../../domain/credentials/password-rule';
import { FieldError } from '../../platform/fields/field-error';
import type { Parameters } from '../../platform/http/parameters';
import { isPasskeyName, PasskeyCreations } from '../passkey/passkey-creations';
import { AccountError } from './account/account-error';
import { FormProtection } from './csrf';
import type { NewCredential } from './links/link-credential';

/** Reads the credential that an end-user chose in a form: a password, or a passkey. */
@Injectable()
export class NewCredentials {
  constructor(
    private readonly passkeys: PasskeyCreations,
    private readonly protection: FormProtection,
  ) {}

  /**
   * `credential` of the form with its `name`, or `password`; `owner`: see PasskeyCreations. Throws: {@link AccountError}
   * password_unfit, {@link FieldError}, PasskeyError, 429.
   */
  async read(request: FastifyRequest, form: Parameters, password: string, owner: string): Promise<NewCredential> {
    const credential = form.get('credential');
    if (credential === undefined) {
      if (!(await isFitPassword(password))) throw new AccountError('password_unfit');
      return { passwordHash: await hashPassword(password) };
    }
    const name = form.get('name');
    if (name !== undefined && !isPasskeyName(name)) throw new FieldError('name', '1 to 64 visible characters');
    return this.passkeys.complete({ credential, name, browser: this.protection.knownBrowser(request), owner });
  }
}
