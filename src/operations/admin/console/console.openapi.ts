import * as z from 'zod';
import {
  type Description,
  htmlAnswer,
  optionalText,
  redirectAnswer,
  refusals,
} from '../../../platform/http/description';
import { recordBody } from '../../../platform/fields/fields';
import { loginErrors } from '../../../protocols/login/login-error';
import type { AdminErrorReason } from '../admin-error';
import { adminOperation, adminRefusals } from '../admin.openapi';
import { auditParameters } from '../audit-query';
import type { RecordKind } from './record-kinds';

const csrf = 'from the page';
const form = z.object({ csrf: z.string().describe('From the page.') });
const toLogin = redirectAnswer('To the login page, for a person who did not sign in by a passkey within the hour');

/** A page. */
function shows(operationId: string, summary: string, more: Partial<Description> = {}): Description {
  return {
    ...adminOperation,
    operationId,
    summary,
    answers: { 200: htmlAnswer(), 303: toLogin },
    refusals: adminRefusals(),
    ...more,
  };
}

/** A form of a page; browsers get the page again with what is wrong. */
function sends(
  operationId: string,
  summary: string,
  { fields = {}, example = {}, path, reasons = [], answers }: Sent,
): Description {
  return {
    ...adminOperation,
    operationId,
    summary,
    ...(path !== undefined && { path }),
    body: {
      schema: form.extend(fields),
      examples: { example: { summary: 'the form', value: { csrf, ...example } } },
    },
    answers: answers ?? { 303: redirectAnswer('Back to the page') },
    refusals: [...adminRefusals(...reasons), ...refusals(loginErrors, 'csrf_invalid', 'parameter_repeated')],
  };
}

interface Sent {
  readonly fields?: z.ZodRawShape;
  readonly example?: object;
  readonly path?: Readonly<Record<string, string>>;
  readonly reasons?: readonly AdminErrorReason[];
  readonly answers?: Description['answers'];
}

export const consoleOperation = shows('console', 'The overview of the console, for an operator in a browser', {
  description:
    'By a session of the console, the login of a person with a role, or the bearer token. Without any the answer is 401 with a form, or, where `Accept` prefers JSON, the error.',
  query: z.object({ as: z.literal('me').optional().describe('`me`: sign in by your own login.') }),
});

export const consoleSignInOperation: Description = {
  ...sends('consoleSignIn', 'Show a token in a form, for a session of 8 hours', {
    fields: { token: z.string(), to: optionalText('The page to go on at.') },
    example: { token: 'the admin token, or that of an operator' },
    answers: { 303: redirectAnswer('To the page') },
  }),
  refusals: [...adminRefusals(), ...refusals(loginErrors, 'csrf_invalid')],
};

export const consoleSignOutOperation = sends('consoleSignOut', 'End the session of this browser on the server', {});

const path = { id: 'bW3nX8zL5kJ2hG9fD4sA7q' };

/** The pages of one kind of record. */
export function recordPageOperations(kind: RecordKind) {
  const { one, title, path: plural } = kind;
  const id = `${plural.charAt(0).toUpperCase()}${plural.slice(1, -1)}`;
  const named = path;
  const fields = recordBody(kind.fields).shape;
  const made = htmlAnswer('It is made: the page with what is shown once');
  const changed = { 303: redirectAnswer('To its page') };
  return {
    list: shows(`console${id}s`, `${title}, with a search`, {
      query: z.object({ q: optionalText('A part of an id or a name.'), after: optionalText('Where the page begins.') }),
    }),
    blank: shows(`consoleNew${id}`, `The form of a new ${one}`, {
      ...(plural === 'clients' && { query: z.object({ preset: optionalText('What kind of app it is.') }) }),
    }),
    add: sends(`consoleAdd${id}`, `Add a ${one}`, {
      fields,
      reasons: [
        'field_invalid',
        'already_exists',
        ...(plural === 'operators' ? (['operators_at_limit'] as const) : []),
      ],
      answers: { 201: made, ...changed },
    }),
    show: shows(`console${id}`, `One ${one}`, {
      path: named,
      refusals: adminRefusals('record_unknown'),
      query: z.object({ done: optionalText('What has just been done.') }),
    }),
    change: sends(`consoleChange${id}`, `Change fields of a ${one}`, {
      fields,
      path: named,
      reasons: [
        'field_invalid',
        'record_unknown',
        'already_exists',
        ...(plural === 'operators' ? (['last_admin'] as const) : []),
      ],
      answers: { ...changed },
    }),
    askRemoval: shows(`consoleAskRemoval${id}`, `What the removal of a ${one} ends`, {
      path: named,
      refusals: adminRefusals('record_unknown'),
    }),
    remove: sends(`consoleRemove${id}`, `Remove a ${one}`, {
      path: named,
      reasons: [
        'record_unknown',
        ...(plural === 'operators' ? (['last_admin'] as const) : []),
        ...(plural === 'apis' ? (['api_in_use'] as const) : []),
      ],
    }),
    secret: sends(`consoleSecret${id}`, `Make another ${kind.secret?.word ?? 'secret'}, which the page shows once`, {
      fields: { hours: optionalText('Hours for which the one before stays valid; 0 by default.') },
      path: named,
      reasons: [
        'field_invalid',
        'record_unknown',
        ...(plural === 'clients' ? (['client_without_secret'] as const) : []),
      ],
      answers: { 201: made },
    }),
  };
}

export const makeLinkOperation = sends('consoleMakeLink', 'Make a link for a user, which the page shows once', {
  fields: { purpose: z.enum(['invitation', 'recovery']), send: optionalText('`true`: also mail it.') },
  example: { purpose: 'recovery' },
  path,
  reasons: ['field_invalid', 'record_unknown', 'mail_unavailable'],
  answers: { 201: htmlAnswer('The page with the link') },
});

export const endLoginsOperation = sends('consoleEndLogins', 'End sessions and grants of a user', {
  fields: { what: z.enum(['session', 'grant', 'everything']), id: optionalText('Of the session or the grant.') },
  example: { what: 'everything' },
  path,
  reasons: ['field_invalid', 'record_unknown'],
});

export const keysPageOperation = shows('consoleKeys', 'The signing keys');

export const rotateKeysPageOperation = sends('consoleRotateKeys', 'Add a signing key of each algorithm', {
  fields: { immediately: optionalText('`true`, after a leak: at once, and all others go.') },
});

export const auditPageOperation = shows('consoleAudit', 'The audit trail, with a search', {
  query: z.object(
    Object.fromEntries(auditParameters.map((name) => [name, optionalText('As of GET /admin/audit-events.')])),
  ),
  refusals: adminRefusals('field_invalid'),
});

export const verificationPageOperation = shows('consoleVerification', 'Whether the audit trail is what was written');

export const loginStoryOperation = shows('consoleLoginStory', 'One login, from its challenge to its end', {
  query: z.object({ event: z.string().describe('The id of one of its events.') }),
  refusals: adminRefusals('field_invalid', 'record_unknown'),
});
