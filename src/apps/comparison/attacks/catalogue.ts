import type * as z from 'zod';
import type { LoginModel } from '../../../domain/identity/authentication';
import type { Attack, attackDescription } from './attack';
import { stolenTokenAttacks } from './dpop-stolen-token';
import { codeReplayAttacks } from './pkce-replay';
import { weakRequestAttacks } from './pkce-request';
import { stolenCodeAttacks } from './pkce-stolen-code';
import { foreignChainAttacks } from './wallet-contract';
import { forgedSignatureAttacks } from './wallet-forged';
import { signatureReplayAttacks } from './wallet-replay';
import { unboundNonceAttacks } from './wallet-unbound';

const all = [
  ...stolenCodeAttacks,
  ...codeReplayAttacks,
  ...weakRequestAttacks,
  ...stolenTokenAttacks,
  ...signatureReplayAttacks,
  ...forgedSignatureAttacks,
  ...foreignChainAttacks,
  ...unboundNonceAttacks,
] as const satisfies readonly Attack[];

/** Source: docs/http-api.md, section Comparison. */
const order = [
  'pkce.no-verifier',
  'pkce.wrong-verifier',
  'pkce.replayed-code',
  'pkce.other-client',
  'pkce.other-redirect',
  'pkce.plain',
  'pkce.no-state',
  'pkce.double-spend',
  'pkce.expired',
  'pkce.dpop-stolen-token',
  'wallet.replayed-signature',
  'wallet.other-account',
  'wallet.swapped-address',
  'wallet.altered-message',
  'wallet.other-domain',
  'wallet.expired',
  'wallet.malleated',
  'wallet.double-spend',
  'wallet.contract-other-chain',
  'wallet.unbound-nonce',
] as const satisfies readonly (typeof all)[number]['id'][];

/** Every attack of a run, in the order of docs/http-api.md. */
export const catalogue: readonly Attack<(typeof all)[number]['id']>[] = all.toSorted(
  (a, b) => order.indexOf(a.id) - order.indexOf(b.id),
);

export function attacksOn(models: readonly LoginModel[]): typeof catalogue {
  return catalogue.filter(({ model }) => models.includes(model));
}

export type AttackDescription = Readonly<z.infer<typeof attackDescription>>;

export function descriptions(): AttackDescription[] {
  return catalogue.map(({ mount: _mount, ...description }) => ({ name: description.id, ...description }));
}
