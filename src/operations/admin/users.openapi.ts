import { recordAnswer, recordBody } from '../../platform/fields/fields';
import { adminRefusals, recordOperations } from './admin.openapi';
import { userFields, userIdentity } from './user-fields';

const { password: _password, password_hash: _passwordHash, ...shownFields } = userFields;
const shown = { username: 'anna', name: 'Anna Beispiel', email: 'anna@example.com', email_verified: true };
const id = 'kM2vQ9xR4tY7uI0oP3aS6d';
const body = recordBody(userFields);
const changed = { disabled: true };

export const userOperations = recordOperations({
  name: 'user',
  one: 'a user',
  path: { id },
  answer: recordAnswer(shownFields, userIdentity.shape),
  example: { id, sub: id, ...shown, disabled: false, managed: false, updated_at: 1_767_225_600 },
  list: { summary: 'The users, in the order of their names' },
  add: {
    summary: 'Add a user',
    description: 'One without a password can do nothing before a link was used.',
    body: {
      schema: body,
      examples: { example: { summary: 'a user', value: { ...shown, password: 'correct horse battery staple' } } },
    },
  },
  change: {
    description: 'A new password ends the user’s sessions and grants; `disabled` ends the consents besides.',
    body: { schema: body, examples: { example: { summary: 'no more logins', value: changed } } },
    changed,
    refusals: adminRefusals('body_invalid', 'field_invalid', 'record_unknown', 'already_exists'),
  },
  remove: { summary: 'Remove a user, and end all that the user has' },
});
