import { clientFields, clientIdAllowed } from '../../domain/clients/client-metadata';
import { FieldError } from '../../platform/fields/field-error';
import type { Fields } from '../../platform/fields/fields';
import { choiceField, ruledField } from '../../platform/fields/field-kinds';
import { spelled } from './arguments';
import { type Command, noArgument } from './command';
import { type Preset, presets } from '../../operations/admin/presets';
import { changeCommand, listCommand, removeCommand, secretCommand, showCommand, shown } from './record-commands';

const kind = { words: 'clients', one: 'a client', argument: '<client_id>' } as const;

const idField: Fields = { client_id: ruledField(() => true, clientIdAllowed, 'its id; random by default') };
const presetField = { preset: choiceField(Object.keys(presets), 'see above') };

const secretNote = 'Its secret is printed once: the store only has its hash.';

export const clientCommands: readonly Command[] = [
  listCommand('clients', 'all clients', ({ clients }, page) => clients.page(page), [
    'client_id',
    'client_name',
    'token_endpoint_auth_method',
  ]),
  showCommand(kind),
  {
    words: 'clients add',
    about: 'register a client',
    notes: [
      secretNote,
      'A preset has the fields that such a client needs; given options override them:',
      ...Object.entries(presets).map(([name, preset]) => `  ${name.padEnd(8)}${preset.about}${neededBy(preset)}`),
    ].join('\n  '),
    options: { ...presetField, ...idField, ...clientFields },
    run: async (given, { clients, events }) => {
      noArgument(given);
      const { preset, ...fields } = given.values;
      return shown(await clients.add({ ...presetOf(preset), ...fields }, events));
    },
  },
  changeCommand(kind, { options: clientFields }),
  secretCommand(kind, { about: 'generate another secret for a client', notes: secretNote }),
  removeCommand(kind, 'remove a client, and end all that it was granted'),
];

function neededBy({ needs }: Preset): string {
  return needs.length === 0 ? '' : `. Needs ${needs.map((name) => `--${spelled(name)}`).join(' and ')}`;
}

/** Throws: FieldError. */
function presetOf(name: unknown): Readonly<Record<string, unknown>> {
  if (name === undefined) return {};
  const preset = typeof name === 'string' && Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (preset === undefined) throw new FieldError('preset', Object.keys(presets).join(', '));
  return preset.fields;
}
