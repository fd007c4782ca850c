import * as z from 'zod';
import { type Description, jsonAnswer } from '../../platform/http/description';
import { descriptions } from './attacks/catalogue';

const attack = z.looseObject({
  name: z.string().describe('The id, as an outcome names it.'),
  title: z.string(),
  model: z.enum(['pkce', 'wallet']),
  knowledge: z.string().describe('What the attacker holds.'),
  attempt: z.string().describe('What the attacker does.'),
  defence: z.string().describe('Why it should come to nothing.'),
  source: z.string().describe('The rule, by its document and section.'),
  expected: z
    .literal('succeeds')
    .optional()
    .describe('Of an attack that gets through, to show what prevents it elsewhere. Absent: it must not.'),
  refusals: z.array(z.string()).describe('The reasons by which the attempts may be refused.'),
});

export const attacksOperation: Description = {
  tags: ['Comparison'],
  operationId: 'attacks',
  summary: 'The attacks that a run makes',
  answers: { 200: jsonAnswer('The catalogue', z.array(attack), descriptions().slice(0, 1)) },
  storeless: true,
};
