import { type Description, jsonAnswer } from '../../platform/http/description';
import { comparison } from './comparison';

export const compareOperation: Description = {
  tags: ['Comparison'],
  operationId: 'compare',
  summary: 'Both models, aspect by aspect, with this server’s figures',
  answers: { 200: jsonAnswer('The comparison', comparison) },
};
