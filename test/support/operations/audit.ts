import type { ShownEvent } from '../../../src/operations/audit/audit-reader';
import { admin } from './admin';
import type { Reachable } from '../clients/pkce-login';

export interface AuditPage {
  readonly data: readonly ShownEvent[];
  readonly next?: string;
}

/** A page of the trail, newest first. */
export async function auditPage(service: Reachable, query: Readonly<Record<string, string>> = {}): Promise<AuditPage> {
  const { status, body } = await admin(service, 'GET', `/audit-events?${new URLSearchParams(query)}`);
  if (status !== 200) throw new Error(`the trail was refused: ${status} ${JSON.stringify(body)}`);
  return body as unknown as AuditPage;
}

/** What happened while something was done, in its order, but for reads of the administration. */
export async function eventsOf(
  service: Reachable & { readonly clock: { now(): number } },
  act: () => Promise<unknown>,
  atLeast = 1,
): Promise<ShownEvent[]> {
  const since = new Date(service.clock.now()).toISOString();
  await act();
  for (const deadline = Date.now() + 2_000; ;) {
    const { data } = await auditPage(service, { since });
    const told = data.filter(({ type }) => type !== 'admin_read').toReversed();
    if (told.length >= atLeast || Date.now() > deadline) return told;
  }
}

/** Headers by which the service, that trusts its peer, takes the request for one from this address. */
export function from(ip: string): Readonly<Record<string, string>> {
  return { 'x-forwarded-for': ip };
}

/** The settings of {@link from}. */
export const trustingItsPeer = { TRUST_PROXY: '127.0.0.1,::1' };
