import type { Operation } from '../../platform/http/openapi';
import { adminOperation, adminRefusals, pageAnswers, pageParameters } from './admin.openapi';
import { answers, idParameter } from '../../platform/http/body.openapi';
import { recordBody, recordSchema } from '../../platform/fields/fields.openapi';
import { userFields } from './user-fields';

const shown = { username: 'anna', name: 'Anna Beispiel', email: 'anna@example.com', email_verified: true };
const example = {
  id: 'kM2vQ9xR4tY7uI0oP3aS6d',
  sub: 'kM2vQ9xR4tY7uI0oP3aS6d',
  ...shown,
  disabled: false,
  updated_at: 1_767_225_600,
};
const { password: _password, password_hash: _passwordHash, ...answered } = userFields;
const user = recordSchema(answered, {
  id: { type: 'string' },
  sub: { type: 'string', description: 'The subject of the user’s tokens: the id.' },
  updated_at: { type: 'integer', description: 'Seconds since the epoch.' },
});
const parameters = [idParameter('id', example.id)];

export const usersOperation: Operation = {
  ...adminOperation,
  operationId: 'listUsers',
  summary: 'The users, in the order of their names',
  parameters: pageParameters,
  responses: { 200: pageAnswers('A page', user, example), ...adminRefusals('field_invalid') },
};

export const addUserOperation: Operation = {
  ...adminOperation,
  operationId: 'addUser',
  summary: 'Add a user who logs in by password',
  requestBody: recordBody(userFields, 'a user', { ...shown, password: 'correct horse battery staple' }),
  responses: {
    201: answers('The user is there', user, example),
    ...adminRefusals('body_invalid', 'field_invalid', 'already_exists'),
  },
};

export const userOperation: Operation = {
  ...adminOperation,
  operationId: 'user',
  summary: 'A user',
  parameters,
  responses: { 200: answers('The user', user, example), ...adminRefusals('record_unknown') },
};

export const changeUserOperation: Operation = {
  ...adminOperation,
  operationId: 'changeUser',
  summary: 'Change fields of a user (RFC 7396): all of them or none',
  description: 'A new password ends the user’s sessions and grants; `disabled` ends the consents besides.',
  parameters,
  requestBody: recordBody(userFields, 'no more logins', { disabled: true }),
  responses: {
    200: answers('The user as it is now', user, { ...example, disabled: true }),
    ...adminRefusals('body_invalid', 'field_invalid', 'record_unknown', 'already_exists'),
  },
};

export const removeUserOperation: Operation = {
  ...adminOperation,
  operationId: 'removeUser',
  summary: 'Remove a user, and end all that the user has',
  parameters,
  responses: { 204: { description: 'The user is gone' }, ...adminRefusals('record_unknown') },
};
