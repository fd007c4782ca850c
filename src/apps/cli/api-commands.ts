import { apiFields } from '../../operations/admin/api-fields';
import { type Command, noArgument } from './command';
import { changeCommand, listCommand, removeCommand, secretCommand, showCommand, shown } from './record-commands';

const kind = { words: 'apis', one: 'an API', argument: '<id or identifier>' } as const;
const { identifier: _identifier, ...changeable } = apiFields;

export const apiCommands: readonly Command[] = [
  listCommand('apis', 'all APIs', ({ apis }, page) => apis.page(page), ['id', 'identifier', 'name']),
  showCommand(kind),
  {
    words: 'apis add',
    about: 'register an API',
    notes: 'Scopes: --scopes read="Read your notes" --scopes write="Change them"',
    options: apiFields,
    run: async (given, { apis, events }) => {
      noArgument(given);
      return shown(await apis.add(given.values, events));
    },
  },
  changeCommand(kind, { options: changeable }),
  secretCommand(kind, {
    about: 'generate the client_id and another client_secret with which an API introspects',
    notes: 'The secret is printed once: the store only has its hash.',
  }),
  removeCommand(kind, 'remove an API, unless a client names it as its default'),
];
