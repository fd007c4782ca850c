import * as z from 'zod';
import { type Description, jsonAnswer } from '../../../platform/http/description';
import { checkDescription, checks } from './catalogue';
import { provedMatrix } from './matrix';

export const checksOperation: Description = {
  tags: ['Comparison'],
  operationId: 'checks',
  summary: 'The checks of the flows, each of which can be taken away',
  answers: {
    200: jsonAnswer('The catalogue', z.object({ data: z.array(checkDescription) }), { data: checks.slice(0, 1) }),
  },
  storeless: true,
};

export const ablationOperation: Description = {
  tags: ['Comparison'],
  operationId: 'ablation',
  summary: 'What falls without each check, and in pairs, measured and proved',
  answers: { 200: jsonAnswer('The recorded matrix, and the proof’s', provedMatrix) },
  storeless: true,
};
