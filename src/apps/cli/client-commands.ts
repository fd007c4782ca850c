import { clientFields, clientIdAllowed } from '../../domain/clients/client-metadata';
import { FieldError } from '../../platform/fields/field-error';
import type { Fields } from '../../platform/fields/fields';
import { choiceField, numberField, ruledField } from '../../platform/fields/field-kinds';
import { overlapOf } from '../../operations/admin/overlap';
import { type Command, linesOf, noArgument, theArgument, wholeList } from './command';
import { presets } from './presets';

const idField: Fields = { client_id: ruledField(() => true, clientIdAllowed, 'its id; random by default') };
const presetField = { preset: choiceField(Object.keys(presets), 'see above') };

export const expiresOldIn = {
  expires_old_in: numberField(
    0,
    Number.MAX_SAFE_INTEGER,
    'seconds for which the secret before is accepted too; 0 by default',
  ),
};

const secretNote = 'Its secret is printed once: the store keeps the hash alone.';

export const clientCommands: readonly Command[] = [
  {
    words: 'clients list',
    about: 'all clients',
    options: {},
    run: async (given, { clients }) => {
      noArgument(given);
      return wholeList((page) => clients.page(page), ['client_id', 'client_name', 'token_endpoint_auth_method']);
    },
  },
  {
    words: 'clients show',
    argument: '<client_id>',
    about: 'one client',
    options: {},
    run: async (given, { clients }) => {
      const client = await clients.find(theArgument(given, '<client_id>'));
      return { json: client, lines: linesOf(client) };
    },
  },
  {
    words: 'clients add',
    about: 'register a client',
    notes: [
      secretNote,
      'A preset is what such a client needs; what is given besides goes before it:',
      ...Object.entries(presets).map(([name, { about }]) => `  ${name.padEnd(8)}${about}`),
    ].join('\n  '),
    options: { ...presetField, ...idField, ...clientFields },
    run: async (given, { clients, events }) => {
      noArgument(given);
      const { preset, ...fields } = given.values;
      const client = await clients.add({ ...presetOf(preset), ...fields }, events);
      return { json: client, lines: linesOf(client) };
    },
  },
  {
    words: 'clients change',
    argument: '<client_id>',
    about: 'change fields of a client; an empty value removes',
    options: clientFields,
    run: async (given, { clients, events }) => {
      const client = await clients.change(theArgument(given, '<client_id>'), given.values, events);
      return { json: client, lines: linesOf(client) };
    },
  },
  {
    words: 'clients secret',
    argument: '<client_id>',
    about: 'make another secret for a client',
    notes: secretNote,
    options: expiresOldIn,
    run: async (given, { clients, events }) => {
      const { expires_old_in: seconds = 0 } = given.values;
      const client = await clients.addSecret(theArgument(given, '<client_id>'), overlapOf(seconds), events);
      return { json: client, lines: [`client_id: ${client.client_id}`, `client_secret: ${client.client_secret}`] };
    },
  },
  {
    words: 'clients remove',
    argument: '<client_id>',
    about: 'remove a client, and end what it was granted',
    options: {},
    run: async (given, { clients, events }) => {
      const clientId = theArgument(given, '<client_id>');
      await clients.remove(clientId, events);
      return { json: { client_id: clientId, removed: true }, lines: [`${clientId} removed`] };
    },
  },
];

/** Throws: FieldError. */
function presetOf(name: unknown): Readonly<Record<string, unknown>> {
  if (name === undefined) return {};
  const preset = typeof name === 'string' && Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (preset === undefined) throw new FieldError('preset', Object.keys(presets).join(', '));
  return preset.fields;
}
