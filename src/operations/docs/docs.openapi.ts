import * as z from 'zod';
import { type Description, htmlAnswer, jsonAnswer } from '../../platform/http/description';

const document = z.looseObject({ openapi: z.string(), info: z.looseObject({}), paths: z.looseObject({}) });

export const documentOperation: Description = {
  tags: ['Operations'],
  operationId: 'document',
  summary: 'This document (OpenAPI 3.1)',
  answers: { 200: jsonAnswer('The document', document) },
  storeless: true,
};

export const documentPageOperation: Description = {
  tags: ['Operations'],
  operationId: 'documentPage',
  summary: 'This document as a page',
  answers: { 200: htmlAnswer() },
  storeless: true,
};
