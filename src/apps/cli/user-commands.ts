import { flagField } from '../../platform/fields/field-kinds';
import { userFields } from '../../operations/admin/user-fields';
import { isSwitchedOn } from './arguments';
import { type Command, linesOf, noArgument, theArgument, wholeList } from './command';

const argument = '<id or username>';

/** A password on the command line would be seen by everybody on the machine. */
const { password: _password, ...fields } = userFields;
const askPassword = { password: flagField('read a new password from standard input') };

export const userCommands: readonly Command[] = [
  {
    words: 'users list',
    about: 'all users',
    options: {},
    run: async (given, { users }) => {
      noArgument(given);
      return wholeList((page) => users.page(page), ['id', 'username', 'disabled', 'email']);
    },
  },
  {
    words: 'users show',
    argument,
    about: 'one user',
    options: {},
    run: async (given, { users }) => {
      const user = await users.find(await users.idOf(theArgument(given, argument)));
      return { json: user, lines: linesOf(user) };
    },
  },
  {
    words: 'users add',
    about: 'add a user; the password is read from standard input, unless --password-hash is given',
    options: fields,
    run: async (given, { users, events, password }) => {
      noArgument(given);
      const credential = 'password_hash' in given.values ? {} : { password: await password() };
      const user = await users.add({ ...given.values, ...credential }, events);
      return { json: user, lines: linesOf(user) };
    },
  },
  {
    words: 'users change',
    argument,
    about: 'change fields of a user; an empty value removes',
    notes: 'A new password and --disabled end what the user has.',
    options: { ...fields, ...askPassword },
    run: async (given, { users, events, password }) => {
      const isAsked = isSwitchedOn(given, 'password');
      const { password: _asked, ...values } = given.values;
      const id = await users.idOf(theArgument(given, argument));
      const patch = { ...values, ...(isAsked && { password: await password() }) };
      const user = await users.change(id, patch, events);
      return { json: user, lines: linesOf(user) };
    },
  },
  {
    words: 'users remove',
    argument,
    about: 'remove a user, and end all that the user has',
    options: {},
    run: async (given, { users, events }) => {
      const id = await users.idOf(theArgument(given, argument));
      await users.remove(id, events);
      return { json: { id, removed: true }, lines: [`${id} removed`] };
    },
  },
];
