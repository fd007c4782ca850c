import { overlapOf } from '../../operations/admin/overlap';
import { operatorFields } from '../../operations/admin/operators';
import { type Command, noArgument, theArgument } from './command';
import { changeCommand, listCommand, overlapOption, removeCommand, showCommand, shown } from './record-commands';

const kind = { words: 'operators', one: 'an operator', argument: '<id or name>' } as const;
const notes = 'The token is printed once: the store only has its hash.';

export const operatorCommands: readonly Command[] = [
  listCommand('operators', 'all operators', ({ operators }, page) => operators.page(page), [
    'id',
    'name',
    'role',
    'disabled',
  ]),
  showCommand(kind),
  {
    words: 'operators add',
    about: 'add an operator, with a token for the administration',
    notes,
    options: operatorFields,
    run: async (given, { operators, events }) => {
      noArgument(given);
      return shown(await operators.add(given.values, events));
    },
  },
  changeCommand(kind, { options: operatorFields }),
  {
    words: 'operators token',
    argument: kind.argument,
    about: 'make another token',
    notes,
    options: overlapOption,
    run: async (given, { operators, events }) => {
      const { expires_old_in: seconds = 0 } = given.values;
      const id = await operators.idOf(theArgument(given, kind.argument));
      return shown(await operators.addSecret(id, overlapOf(seconds), events));
    },
  },
  removeCommand(kind, 'remove an operator, unless it is the last admin'),
];
