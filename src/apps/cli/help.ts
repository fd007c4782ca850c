import * as z from 'zod';
import { listsObjects } from '../../platform/fields/field-texts';
import { spelled } from './arguments';
import type { NamedCommand } from './command';

const settings = `It works on the store that the service's settings name (NODE_ENV, DATA_DIR or MONGODB_URI, and
the others), whether or not the service runs; one that runs notices within 5 seconds.

Exit status: 0 done, 1 refused, 69 the database does not answer, 78 a setting is wrong.

store backup, store restore, probe and gate have exit statuses of their own: see their help. The last two need neither
the store nor its settings.
`;

const column = 44;

/** The overview of all commands. */
export function generalHelp(commands: readonly NamedCommand[]): string {
  const lines = commands.map((command) => `  ${titleOf(command).padEnd(34)}${command.about}`);
  return `tessera: administers clients, APIs, users, logins, keys and the store, reads the audit trail, tries logins from outside

${lines.join('\n')}

  --json   prints what the API would answer
  --help   behind a command: its options

${settings}`;
}

/** The help of one command. */
export function commandHelp(command: NamedCommand): string {
  const options = Object.entries(command.options).map(([name, field]) => optionLine(name, field));
  const parts = [
    `npm run --silent tessera -- ${titleOf(command)}${options.length > 0 ? ' [options]' : ''}`,
    `  ${command.about}`,
    ...(command.notes === undefined ? [] : [`  ${command.notes}`]),
    ...(options.length === 0 ? [] : [options.join('\n')]),
    ...(hasSwitch(command) ? ['  A switch is on by its name, and off by --no- before it.'] : []),
    '  --json   prints what the API would answer',
  ];
  return `${parts.join('\n\n')}\n`;
}

function hasSwitch({ options }: NamedCommand): boolean {
  return Object.values(options).some(({ def }) => def.type === 'boolean');
}

function titleOf({ words, argument }: NamedCommand): string {
  return argument === undefined ? words : `${words} ${argument}`;
}

/** What does not fit beside the name goes to the next line. */
function optionLine(name: string, field: z.ZodType): string {
  const option = `  --${spelled(name)}${placeholderOf(field)}`;
  return option.length < column
    ? `${option.padEnd(column)}${field.description}`
    : `${option}\n${' '.repeat(column)}${field.description}`;
}

function placeholderOf(field: z.ZodType): string {
  if (field.def.type === 'boolean') return '';
  if (field.def.type === 'array') return listsObjects(field) ? ' name="…" …' : ' … (repeat)';
  if (field.def.type === 'object') return ' <JSON>';
  return field instanceof z.ZodEnum ? ` ${field.options.join('|')}` : ' …';
}
