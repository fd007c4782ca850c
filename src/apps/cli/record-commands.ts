import type { PageAnswer, PageAsked } from '../../operations/admin/page-answer';
import { overlapOf } from '../../operations/admin/overlap';
import { numberField } from '../../platform/fields/field-kinds';
import type { JsonObject } from '../../platform/fields/fields';
import type { Arguments } from './arguments';
import {
  type Command,
  type CommandContext,
  type CommandResult,
  linesOf,
  noArgument,
  theArgument,
  wholeList,
} from './command';

type Kind = 'clients' | 'apis' | 'users' | 'operators';

/** A kind of record; its commands begin with `words`. */
export interface RecordKind<Words extends Kind = Kind> {
  readonly words: Words;
  /** The record in words: `a client`. */
  readonly one: string;
  /** The argument that names one. */
  readonly argument: string;
}

export function listCommand<Item extends object>(
  words: RecordKind['words'],
  about: string,
  pageOf: (context: CommandContext, asked: PageAsked) => Promise<PageAnswer<Item>>,
  columns: readonly (keyof Item & string)[],
): Command {
  const run = async (given: Arguments, context: CommandContext) => {
    noArgument(given);
    return wholeList((asked) => pageOf(context, asked), columns);
  };
  return { words: `${words} list`, about, options: {}, run };
}

export function showCommand(kind: RecordKind): Command {
  const { words, one, argument } = kind;
  return {
    words: `${words} show`,
    argument,
    about: one.replace(/^an?/, 'one'),
    options: {},
    run: async (given, context) => shown(await context[words].find(await idIn(given, context, kind))),
  };
}

/** `patchOf`: the patch for the given options; by default their values. */
export function changeCommand(
  kind: RecordKind,
  command: Pick<Command, 'notes' | 'options'>,
  patchOf: (given: Arguments, context: CommandContext) => Promise<JsonObject> | JsonObject = ({ values }) => values,
): Command {
  const { words, one, argument } = kind;
  return {
    words: `${words} change`,
    argument,
    about: `change fields of ${one}; an empty value removes`,
    ...command,
    run: async (given, context) => {
      const id = await idIn(given, context, kind);
      return shown(await context[words].change(id, await patchOf(given, context), context.events, { by: context.by }));
    },
  };
}

export const overlapOption = {
  expires_old_in: numberField(
    0,
    Number.MAX_SAFE_INTEGER,
    'seconds for which the previous one stays valid; 0 by default',
  ),
};

export function secretCommand(kind: RecordKind<'clients' | 'apis'>, said: Pick<Command, 'about' | 'notes'>): Command {
  const { words, argument } = kind;
  return {
    words: `${words} secret`,
    argument,
    ...said,
    options: overlapOption,
    run: async (given, context) => {
      const { expires_old_in: seconds } = given.values;
      const id = await idIn(given, context, kind);
      const made = await context[words].addSecret(id, overlapOf(seconds), context.events);
      return { json: made, lines: [`client_id: ${made.client_id}`, `client_secret: ${made.client_secret}`] };
    },
  };
}

export function removeCommand(kind: RecordKind, about: string): Command {
  const { words, argument } = kind;
  return {
    words: `${words} remove`,
    argument,
    about,
    options: {},
    run: async (given, context) => {
      const id = await idIn(given, context, kind);
      await context[words].remove(id, context.events);
      return { json: { [words === 'clients' ? 'client_id' : 'id']: id, removed: true }, lines: [`${id} removed`] };
    },
  };
}

/** A record as the API returns it, and as lines. */
export function shown(record: object): CommandResult {
  return { json: record, lines: linesOf(record) };
}

async function idIn(given: Arguments, context: CommandContext, { words, argument }: RecordKind): Promise<string> {
  const name = theArgument(given, argument);
  return words === 'clients' ? name : context[words].idOf(name);
}
