import { ruledField } from '../../platform/fields/field-kinds';
import type { LoginQuery } from '../../operations/admin/logins';
import { type Arguments, spelled } from './arguments';
import { type Command, noArgument, theArgument, wholeList } from './command';
import { UsageError } from './usage-error';

const named = {
  sub: ruledField(() => true, 'a subject', 'of this subject alone'),
  client_id: ruledField(() => true, 'a client_id', 'at this client alone'),
};
const argument = '[<id>]';
const endNote = 'Name one by its id, or all that --sub, --client-id or both name.';

export const loginCommands: readonly Command[] = [
  {
    words: 'grants list',
    about: 'the grants that live',
    options: named,
    run: async (given, { logins }) => {
      noArgument(given);
      const query = queryIn(given);
      return wholeList((page) => logins.grantPage(query, page), ['id', 'sub', 'client_id', 'model', 'scope']);
    },
  },
  {
    words: 'grants end',
    argument,
    about: 'end grants, with all their tokens',
    notes: endNote,
    options: named,
    run: async (given, { logins, events }) => {
      const id = idIn(given);
      if (id === undefined) return ended(await logins.endGrants(queryIn(given), events));
      await logins.endGrant(id, events);
      return ended(1);
    },
  },
  {
    words: 'sessions list',
    about: 'the sessions that live',
    options: named,
    run: async (given, { logins }) => {
      noArgument(given);
      const query = queryIn(given);
      return wholeList((page) => logins.sessionPage(query, page), ['id', 'sub', 'browser', 'network']);
    },
  },
  {
    words: 'sessions end',
    argument,
    about: 'end sessions, and their grants but those with offline_access',
    notes: endNote,
    options: named,
    run: async (given, { logins, events }) => {
      const id = idIn(given);
      if (id === undefined) return ended(await logins.endSessions(queryIn(given), events));
      await logins.endSession(id, events);
      return ended(1);
    },
  },
];

/** Throws: {@link UsageError} for an empty name, which would be taken for none. */
function queryIn({ values }: Arguments): LoginQuery {
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== 'string') throw new UsageError(`--${spelled(name)} needs a value`);
  }
  const { sub, client_id: clientId } = values as Readonly<Record<string, string>>;
  return { ...(sub !== undefined && { sub }), ...(clientId !== undefined && { clientId }) };
}

/** Throws: {@link UsageError}. */
function idIn(given: Arguments): string | undefined {
  if (given.positionals.length === 0) return undefined;
  if (Object.keys(given.values).length > 0) throw new UsageError('either an id, or options');
  return theArgument(given, '<id>');
}

function ended(count: number) {
  return { json: { ended: count }, lines: [`${count} ended`] };
}
