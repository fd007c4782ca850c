import * as z from 'zod';
import { type Description, jsonAnswer } from '../../platform/http/description';
import { attackDescription } from './attacks/attack';
import { descriptions } from './attacks/catalogue';

export const attacksOperation: Description = {
  tags: ['Comparison'],
  operationId: 'attacks',
  summary: 'The attacks that a run makes',
  answers: { 200: jsonAnswer('The catalogue', z.array(attackDescription), descriptions().slice(0, 1)) },
  storeless: true,
};
