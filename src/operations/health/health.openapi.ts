import * as z from 'zod';
import { type Description, jsonAnswer } from '../../platform/http/description';

const answers = { 200: jsonAnswer('It does', z.object({ status: z.literal('ok') }), { status: 'ok' }) };

export const liveOperation: Description = {
  tags: ['Operations'],
  operationId: 'live',
  summary: 'Does the process run?',
  answers,
  storeless: true,
};

export const readyOperation: Description = {
  tags: ['Operations'],
  operationId: 'ready',
  summary: 'Does the store answer, and is it prepared?',
  answers,
};
