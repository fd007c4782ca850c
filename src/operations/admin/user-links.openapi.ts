import * as z from 'zod';
import { type Description, jsonAnswer } from '../../platform/http/description';
import { adminOperation, adminRefusals } from './admin.openapi';
import { linkAnswer, linkFields } from './user-links';

const { purpose, ...optional } = linkFields;
const url = 'https://auth.example/link#invitation.2vS0pYcQ1kT7mXw4bZr8nHd3fJg6LaEo9iUtRq5yWxM';

export const makeUserLinkOperation: Description = {
  ...adminOperation,
  operationId: 'makeUserLink',
  summary: 'Make a link by which a user sets a password or a passkey',
  description: 'One of a purpose lives at a time: an earlier one is void.',
  path: { id: 'kM2vQ9xR4tY7uI0oP3aS6d' },
  body: {
    schema: z.object({ purpose, ...z.object(optional).partial().shape }),
    examples: {
      example: { summary: 'an invitation of a week', value: { purpose: 'invitation', expires_in: 604_800 } },
    },
  },
  answers: { 201: jsonAnswer('The link', linkAnswer, { url, expires_at: 1_767_830_400 }) },
  refusals: adminRefusals('body_invalid', 'field_invalid', 'record_unknown', 'mail_unavailable'),
};
