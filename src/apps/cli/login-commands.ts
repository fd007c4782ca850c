import { ruledField } from '../../platform/fields/field-kinds';
import { defined } from '../../platform/fields/fields';
import type { LoginQuery } from '../../operations/admin/logins';
import type { Arguments } from './arguments';
import { type Command, optionsIn, theArgument, wholeList } from './command';
import { UsageError } from './usage-error';

const named = {
  sub: ruledField(() => true, 'a subject', 'only of this subject'),
  client_id: ruledField(() => true, 'a client_id', 'only at this client'),
};
export const loginCommands: readonly Command[] = [
  {
    words: 'grants list',
    about: 'list live grants',
    options: named,
    run: async (given, { grants }) => {
      const query = queryIn(given);
      return wholeList((page) => grants.page(query, page), ['id', 'sub', 'client_id', 'model', 'scope']);
    },
  },
  endCommand('grants', 'end grants, with all their tokens'),
  {
    words: 'sessions list',
    about: 'list live sessions',
    options: named,
    run: async (given, { sessions }) => {
      const query = queryIn(given);
      return wholeList((page) => sessions.page(query, page), ['id', 'sub', 'browser', 'network']);
    },
  },
  endCommand('sessions', 'end sessions, with their grants except those with offline_access'),
];

function endCommand(kind: 'grants' | 'sessions', about: string): Command {
  return {
    words: `${kind} end`,
    argument: '[<id>]',
    about,
    notes: 'Select one by its id, or all by --sub, --client-id or both.',
    options: named,
    run: async (given, { [kind]: logins, by, events }) => {
      const id = idIn(given);
      if (id === undefined) return ended(await logins.endAll(queryIn(given), events, by));
      await logins.end(id, events, by);
      return ended(1);
    },
  };
}

/** Throws: {@link UsageError}. */
function queryIn(given: Arguments): LoginQuery {
  const { sub, client_id: clientId } = optionsIn(given, named);
  return defined({ sub, clientId });
}

/** Throws: {@link UsageError}. */
function idIn(given: Arguments): string | undefined {
  if (given.positionals.length === 0) return undefined;
  if (Object.keys(given.values).length > 0) throw new UsageError('give either an id or options');
  return theArgument(given, '<id>');
}

function ended(count: number) {
  return { json: { ended: count }, lines: [`${count} ended`] };
}
