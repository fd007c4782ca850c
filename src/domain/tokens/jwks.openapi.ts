import * as z from 'zod';
import { signingAlgorithms } from '../../platform/settings';
import { type Description, jsonAnswer } from '../../platform/http/description';

/** Strict: the private members d, p, q, … must never appear. */
const key = z.strictObject({
  kty: z.enum(['RSA', 'EC', 'OKP']),
  kid: z.string().describe('RFC 7638 thumbprint.'),
  alg: z.enum(signingAlgorithms),
  use: z.literal('sig'),
  n: z.string().optional(),
  e: z.string().optional(),
  crv: z.string().optional(),
  x: z.string().optional(),
  y: z.string().optional(),
});

/** A published key. */
export const jwkExample = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  kid: 'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U',
  alg: 'ES256',
  use: 'sig',
};

export const jwksOperation: Description = {
  tags: ['Discovery'],
  operationId: 'jwks',
  summary: 'The public keys that verify the tokens (RFC 7517)',
  answers: { 200: jsonAnswer('A JWK set', z.object({ keys: z.array(key) }), { keys: [jwkExample] }) },
};
