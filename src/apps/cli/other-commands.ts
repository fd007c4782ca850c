import type { Applied, Change, Named } from '../../operations/admin/apply/config-applier';
import { FileError } from '../../operations/admin/apply/file-error';
import { flagField } from '../../platform/fields/field-kinds';
import { isSwitchedOn } from './arguments';
import { type Command, InterruptedError, noArgument, theArgument } from './command';

const immediately = { immediately: flagField('after a leak: the new keys sign at once, and all others are removed') };
const applyOptions = {
  diff: flagField('only print the changes'),
  prune: flagField('also remove the APIs and clients that only earlier files named'),
};

export const otherCommands: readonly Command[] = [
  {
    words: 'keys list',
    about: 'list the signing keys: public parts and states',
    options: {},
    run: async (given, { keys }) => {
      noArgument(given);
      const answer = await keys.list();
      return { json: answer, lines: answer.data.map(({ alg, kid, state }) => `${alg}  ${kid}  ${state}`) };
    },
  },
  {
    words: 'keys rotate',
    about: 'add a signing key of each algorithm',
    notes: 'A new key signs once every cache of the JWKS has it; the old ones stay until their tokens have expired.',
    options: immediately,
    run: async (given, { keys, events }) => {
      noArgument(given);
      const answer = await keys.rotate(isSwitchedOn(given, 'immediately') ? { immediately: true } : {}, events);
      return { json: answer, lines: answer.data.map(({ alg, kid, state }) => `${alg}  ${kid}  ${state}`) };
    },
  },
  {
    words: 'apply',
    argument: '<file>',
    about: 'bring APIs, clients and users to the state in a YAML file',
    notes: [
      'Its keys are apis, clients and users, each a list with the fields of the API: those of the options of `apis add`,',
      '`clients add` and `users add`, with _ for -. A field that is null goes; what the file does not name stays, but --prune',
      'removes APIs and clients that an earlier file named, and ends all that these clients were granted.',
      'It is checked as a whole before anything is written. The next run completes an interrupted one; a secret that was not',
      'printed is replaced by `clients secret`.',
    ].join('\n  '),
    options: applyOptions,
    run: async (given, { applier, events, readFile, report }) => {
      const path = theArgument(given, '<file>');
      const isDry = isSwitchedOn(given, 'diff');
      const prunes = isSwitchedOn(given, 'prune');
      const { steps, prunable } = await planned(path, () => applier.plan(readFile(path), prunes));
      const changes: (Change & Applied)[] = [];
      try {
        for (const { run, ...change } of steps) {
          const done = { ...change, ...(isDry ? {} : await run(events)) };
          events.done();
          changes.push(done);
          report(linesOfChange(done, isDry));
        }
      } catch (error) {
        throw new InterruptedError({ json: { changes }, lines: [] }, error);
      }
      return {
        json: { changes, ...(prunable.length > 0 && { prunable }) },
        lines: [...(steps.length === 0 ? ['nothing to change'] : []), ...prunable.map(lineOfPrunable)],
      };
    },
  },
];

async function planned<Plan>(path: string, plan: () => Promise<Plan>): Promise<Plan> {
  try {
    return await plan();
  } catch (error) {
    throw error instanceof FileError ? new FileError(error.line, `${path}:${error.line}: ${error.message}`) : error;
  }
}

function linesOfChange(
  { kind, name, action, fields, client_secret: secret }: Change & Applied,
  isDry: boolean,
): string[] {
  const names = fields.length === 0 ? '' : `: ${fields.join(', ')}`;
  const line = `${kind} ${name} ${isDry ? 'would be ' : ''}${action}${names}`;
  return secret === undefined ? [line] : [line, `  client_secret: ${secret}`];
}

function lineOfPrunable({ kind, name }: Named): string {
  return `${kind} ${name} would be removed with --prune`;
}
