import type * as z from 'zod';
import type { SessionModel } from '../../../domain/identity/authentication';
import type { Attack, attackDescription } from './attack';
import { stolenTokenAttacks } from './dpop-stolen-token';
import { browserAttacks } from './pkce-browser';
import { forgedAssertionAttacks } from './passkey-forged';
import { assertionReplayAttacks } from './passkey-replay';
import { codeReplayAttacks } from './pkce-replay';
import { weakRequestAttacks } from './pkce-request';
import { stolenCodeAttacks } from './pkce-stolen-code';
import { tokenTheftAttacks } from './pkce-tokens';
import { otherContextAttacks } from './wallet-context';
import { contractAttacks } from './wallet-contract';
import { forgedSignatureAttacks } from './wallet-forged';
import { phishingRelayAttacks } from './wallet-phishing';
import { signatureReplayAttacks } from './wallet-replay';
import { unboundNonceAttacks } from './wallet-unbound';

const all = [
  ...stolenCodeAttacks,
  ...codeReplayAttacks,
  ...weakRequestAttacks,
  ...browserAttacks,
  ...tokenTheftAttacks,
  ...stolenTokenAttacks,
  ...signatureReplayAttacks,
  ...forgedSignatureAttacks,
  ...contractAttacks,
  ...otherContextAttacks,
  ...unboundNonceAttacks,
  ...phishingRelayAttacks,
  ...assertionReplayAttacks,
  ...forgedAssertionAttacks,
] as const satisfies readonly Attack[];

/** Source: docs/http-api.md, section Comparison. */
const order = [
  'pkce.no-verifier',
  'pkce.wrong-verifier',
  'pkce.replayed-code',
  'pkce.other-client',
  'pkce.other-redirect',
  'pkce.downgrade',
  'pkce.plain',
  'pkce.unregistered-redirect',
  'pkce.no-state',
  'pkce.double-spend',
  'pkce.expired',
  'pkce.stolen-store',
  'pkce.thief-first',
  'pkce.pushed-twice',
  'pkce.foreign-consent',
  'pkce.forced-login',
  'pkce.fixed-session',
  'pkce.stolen-refresh',
  'pkce.thief-refreshes-first',
  'pkce.revoked-token',
  'pkce.dpop-stolen-token',
  'wallet.replayed-signature',
  'wallet.other-account',
  'wallet.swapped-address',
  'wallet.altered-message',
  'wallet.other-domain',
  'wallet.other-client',
  'wallet.expired',
  'wallet.malleated',
  'wallet.made-up-signature',
  'wallet.double-spend',
  'wallet.thief-first',
  'wallet.stolen-signature',
  'wallet.contract-other-chain',
  'wallet.echoing-account',
  'wallet.written-other-domain',
  'wallet.written-other-chain',
  'wallet.unbound-nonce',
  'passkey.replayed-assertion',
  'passkey.stolen-assertion',
  'passkey.other-origin',
  'wallet.phishing-relay',
  'passkey.other-rp',
  'passkey.other-account',
  'passkey.forged-signature',
  'passkey.not-verified',
  'passkey.cloned',
  'passkey.expired',
  'passkey.double-spend',
] as const satisfies readonly (typeof all)[number]['id'][];

/** Every attack of a run, in the order of docs/http-api.md. */
export const catalogue: readonly Attack<(typeof all)[number]['id']>[] = all.toSorted(
  (a, b) => order.indexOf(a.id) - order.indexOf(b.id),
);

/** The phishing of a wallet is shown beside that of a passkey alone. */
export function attacksOn(models: readonly SessionModel[]): typeof catalogue {
  return catalogue.filter(
    ({ id, model }) => models.includes(model) && (id !== 'wallet.phishing-relay' || models.includes('passkey')),
  );
}

export type AttackDescription = Readonly<z.infer<typeof attackDescription>>;

export function descriptions(): AttackDescription[] {
  return catalogue.map(({ mount: _mount, ...description }) => ({ name: description.id, ...description }));
}
