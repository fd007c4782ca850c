import * as z from 'zod';
import { Refused } from '../test/support/clients/refused';
import { admin } from '../test/support/operations/admin';
import { visited } from './visitors';

/** Passwords are hashed here, and reports are read from a whole trail. */
const answeredWithinMs = 30_000;

/** Asks the admin API. Throws: {@link Refused} for any other answer than 2xx. */
export async function administer(url: string, method: 'GET' | 'POST', path: string, body?: object) {
  const answer = await admin(visited(url, '127.0.0.1', answeredWithinMs), method, path, body);
  if (answer.status >= 300) throw new Refused(`${method} /admin${path}`, answer);
  return answer.body;
}

/** A suspicious pattern that the security report names. */
export interface Finding {
  readonly name: string;
  readonly threshold: number;
  readonly count: number;
}

const report = z.object({
  failure_rate: z.number(),
  failures: z.record(z.string(), z.number()),
  findings: z.array(z.object({ name: z.string(), threshold: z.number(), count: z.number() })),
});

export type SecurityReport = z.output<typeof report>;

/** What `/admin/security-report` says of the time since then. */
export async function securityReport(url: string, since: Date): Promise<SecurityReport> {
  return report.parse(await administer(url, 'GET', `/security-report?since=${since.toISOString()}`));
}
