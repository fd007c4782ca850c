import * as z from 'zod';
import { jwkExample } from '../../domain/tokens/jwks.openapi';
import { publicKeyState } from '../../domain/tokens/key-ring';
import type { Description } from '../../platform/http/description';
import { adminOperation, adminRefusals, pageAnswers } from './admin.openapi';

const { kid, alg } = jwkExample;
const example = { kid, alg, state: 'signing', not_before: 1_767_225_600, public_key: jwkExample };
const answers = { 200: pageAnswers('All keys', publicKeyState, example) };

export const keysOperation: Description = {
  ...adminOperation,
  operationId: 'listKeys',
  summary: 'The signing keys: public parts and states',
  answers,
  refusals: adminRefusals(),
};

export const rotateKeysOperation: Description = {
  ...adminOperation,
  operationId: 'rotateKeys',
  summary: 'Add a signing key of each algorithm',
  description:
    'It signs when every cache of the JWKS has seen it; `immediately`, after a leak: at once, and all others go.',
  body: {
    optional: true,
    schema: z.object({ immediately: z.boolean().default(false) }),
    examples: { example: { summary: 'after a leak', value: { immediately: true } } },
  },
  answers,
  refusals: adminRefusals('body_invalid', 'field_invalid'),
};
