import { apiFields } from '../../operations/admin/api-fields';
import { overlapOf } from '../../operations/admin/overlap';
import { expiresOldIn } from './client-commands';
import { type Command, linesOf, noArgument, theArgument, wholeList } from './command';

const argument = '<id or identifier>';
const { identifier: _identifier, ...changeable } = apiFields;

export const apiCommands: readonly Command[] = [
  {
    words: 'apis list',
    about: 'all APIs',
    options: {},
    run: async (given, { apis }) => {
      noArgument(given);
      return wholeList((page) => apis.page(page), ['id', 'identifier', 'name']);
    },
  },
  {
    words: 'apis show',
    argument,
    about: 'one API',
    options: {},
    run: async (given, { apis }) => {
      const api = await apis.find(await apis.idOf(theArgument(given, argument)));
      return { json: api, lines: linesOf(api) };
    },
  },
  {
    words: 'apis add',
    about: 'register an API',
    notes: 'Scopes: --scopes read="Read your notes" --scopes write="Change them"',
    options: apiFields,
    run: async (given, { apis, events }) => {
      noArgument(given);
      const api = await apis.add(given.values, events);
      return { json: api, lines: linesOf(api) };
    },
  },
  {
    words: 'apis change',
    argument,
    about: 'change fields of an API; an empty value removes',
    options: changeable,
    run: async (given, { apis, events }) => {
      const api = await apis.change(await apis.idOf(theArgument(given, argument)), given.values, events);
      return { json: api, lines: linesOf(api) };
    },
  },
  {
    words: 'apis secret',
    argument,
    about: 'make the client_id and another client_secret with which an API introspects',
    notes: 'The secret is printed once: the store keeps the hash alone.',
    options: expiresOldIn,
    run: async (given, { apis, events }) => {
      const { expires_old_in: seconds = 0 } = given.values;
      const api = await apis.addSecret(await apis.idOf(theArgument(given, argument)), overlapOf(seconds), events);
      return { json: api, lines: [`client_id: ${api.client_id}`, `client_secret: ${api.client_secret}`] };
    },
  },
  {
    words: 'apis remove',
    argument,
    about: 'remove an API, unless a client names it as its default',
    options: {},
    run: async (given, { apis, events }) => {
      const id = await apis.idOf(theArgument(given, argument));
      await apis.remove(id, events);
      return { json: { id, removed: true }, lines: [`${id} removed`] };
    },
  },
];
