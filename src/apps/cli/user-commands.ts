import { flagField } from '../../platform/fields/field-kinds';
import { userFields } from '../../operations/admin/user-fields';
import { linkFields } from '../../operations/admin/user-links';
import { isSwitchedOn } from './arguments';
import { type Command, noArgument, theArgument } from './command';
import { changeCommand, listCommand, removeCommand, showCommand, shown } from './record-commands';

const kind = { words: 'users', one: 'a user', argument: '<id or username>' } as const;

/** Everybody on the machine can see a command line, so it must not contain a password. */
const { password: _password, ...fields } = userFields;
const askPassword = { password: flagField('read a new password from standard input') };

export const userCommands: readonly Command[] = [
  listCommand('users', 'all users', ({ users }, page) => users.page(page), ['id', 'username', 'disabled', 'email']),
  showCommand(kind),
  {
    words: 'users add',
    about: 'add a user; the password is read from standard input, unless --password-hash is given',
    options: fields,
    run: async (given, { users, events, password }) => {
      noArgument(given);
      const credential = 'password_hash' in given.values ? {} : { password: await password() };
      return shown(await users.add({ ...given.values, ...credential }, events));
    },
  },
  changeCommand(
    kind,
    {
      notes: 'A new password and --disabled end the sessions and grants of the user.',
      options: { ...fields, ...askPassword },
    },
    async (given, { password }) => {
      const { password: _asked, ...values } = given.values;
      return { ...values, ...(isSwitchedOn(given, 'password') && { password: await password() }) };
    },
  ),
  {
    words: 'users link',
    argument: kind.argument,
    about: 'make a link by which a user sets a password or a passkey',
    notes: 'It is printed once: the store only has the hash of its secret. An earlier one of the same purpose is void.',
    options: linkFields,
    run: async (given, { users, userLinks, by, events }) => {
      const id = await users.idOf(theArgument(given, kind.argument));
      return shown(await userLinks.make(id, given.values, events, by));
    },
  },
  removeCommand(kind, 'remove a user with all sessions and grants'),
];
