import type { Passkey, User } from '../../../domain/identity/user-store';
import { FieldError } from '../../../platform/fields/field-error';
import type { Parameters } from '../../../platform/http/parameters';
import { isPasskeyName } from '../../passkey/passkey-creations';
import { AccountError } from './account-error';

/** What its owner does with a passkey. */
export interface PasskeyChange {
  readonly type: 'passkey_renamed' | 'passkey_removed' | 'passkey_trusted';
  /** The passkey afterwards; undefined: removed. */
  readonly apply: (passkey: Passkey) => Passkey | undefined;
}

/** The change that a form asks for. Throws: {@link FieldError}. */
export function passkeyChangeIn(form: Parameters): PasskeyChange {
  switch (form.get('action')) {
    case 'rename': {
      const name = (form.get('name') ?? '').trim();
      if (!isPasskeyName(name)) throw new FieldError('name', '1 to 64 visible characters');
      return { type: 'passkey_renamed', apply: (passkey) => ({ ...passkey, name }) };
    }
    case 'remove':
      return { type: 'passkey_removed', apply: () => undefined };
    case 'trust':
      return { type: 'passkey_trusted', apply: trusted };
    default:
      throw new FieldError('action', 'rename, remove or trust');
  }
}

/** The user with this change of the passkey. Throws: {@link AccountError} record_unknown. */
export function changedPasskey(user: User, id: string, { apply }: PasskeyChange): User {
  const { passkeys = [] } = user;
  if (!passkeys.some((passkey) => passkey.id === id)) throw new AccountError('record_unknown');
  const changed = passkeys.map((passkey) => (passkey.id === id ? apply(passkey) : passkey));
  return { ...user, passkeys: changed.filter((passkey) => passkey !== undefined) };
}

/** Only of a suspected one: any other must not skip the next check of its counter. */
function trusted({ suspected, ...passkey }: Passkey): Passkey {
  if (suspected !== true) throw new FieldError('action', 'trust, of a passkey that may be a copy');
  return { ...passkey, trusted: true };
}
