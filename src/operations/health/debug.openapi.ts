import * as z from 'zod';
import { type Description, jsonAnswer } from '../../platform/http/description';
import { inspectedCollections } from '../metrics/inspected-collections';

const collection = z.object({
  count: z.int().min(0),
  records: z.array(z.looseObject({ id: z.string(), secondsToLive: z.int().optional() })),
});
const state = z.object({
  store: z.enum(['lmdb', 'mongodb']),
  ...Object.fromEntries(inspectedCollections.map((name) => [name, collection])),
});

const code = {
  id: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
  kind: 'authorization_code',
  codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  secondsToLive: 58,
};
const example = {
  store: 'lmdb',
  ...Object.fromEntries(inspectedCollections.map((name) => [name, { count: 0, records: [] }])),
  challenges: { count: 1, records: [code] },
};

export const stateOperation: Description = {
  tags: ['Operations'],
  operationId: 'state',
  summary: 'What the store holds now',
  description: 'In development only. Credentials are shown as the hashes that the store has of them.',
  answers: { 200: jsonAnswer('The newest records', state, example) },
};
