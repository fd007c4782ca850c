import type { SchemaObject } from '../../platform/http/openapi';

export const addressSchema: SchemaObject = { type: 'string', pattern: '^0[xX][0-9a-fA-F]{40}$' };
export const chainIdSchema: SchemaObject = { type: 'integer', minimum: 1, description: 'EIP-155.' };

/** What a wallet is to sign. Source: docs/http-api.md, section Wallet model. */
export const issuedChallengeSchema: SchemaObject = {
  type: 'object',
  required: ['nonce', 'message', 'address', 'chainId', 'issuedAt', 'expirationTime'],
  properties: {
    nonce: { type: 'string', pattern: '^[a-zA-Z0-9]{22,}$' },
    message: { type: 'string', description: 'The whole EIP-4361 message, to be signed by personal_sign.' },
    address: { ...addressSchema, description: 'In EIP-55.' },
    chainId: chainIdSchema,
    issuedAt: { type: 'string', format: 'date-time' },
    expirationTime: { type: 'string', format: 'date-time' },
  },
  additionalProperties: false,
};

const address = '0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045';
const nonce = '5f2d7e6a0c914b3f8a6de21795c0b438';

export const issuedChallengeExample = {
  nonce,
  message: [
    'http://localhost:3000 wants you to sign in with your Ethereum account:',
    address,
    '',
    '',
    'URI: http://localhost:3000',
    'Version: 1',
    'Chain ID: 1',
    `Nonce: ${nonce}`,
    'Issued At: 2026-11-21T12:00:00.000Z',
    'Expiration Time: 2026-11-21T12:05:00.000Z',
  ].join('\n'),
  address,
  chainId: 1,
  issuedAt: '2026-11-21T12:00:00.000Z',
  expirationTime: '2026-11-21T12:05:00.000Z',
};
