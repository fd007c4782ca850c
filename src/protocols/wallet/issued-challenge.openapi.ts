import * as z from 'zod';
import { addressPattern } from './address';

/** The message to sign, as the caller gets it. Source: docs/http-api.md, section Wallet model. */
export const issuedChallenge = z.object({
  nonce: z.string().regex(/^[a-zA-Z0-9]{22,}$/),
  message: z.string().describe('The whole EIP-4361 message, to be signed by personal_sign.'),
  address: z.string().regex(addressPattern).describe('In EIP-55.'),
  chainId: z.int().min(1).describe('EIP-155.'),
  issuedAt: z.iso.datetime(),
  expirationTime: z.iso.datetime(),
});

export type IssuedChallenge = Readonly<z.infer<typeof issuedChallenge>>;

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
