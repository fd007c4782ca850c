import * as z from 'zod';
import { ask } from './clients/answer';
import { adminToken } from './service';

/** Passwords are hashed here, and reports are read from a whole trail. */
const answeredWithinMs = 30_000;

/** Asks the admin API. Throws: Error for any other answer than 2xx. */
export async function admin(url: string, method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
  const init = body === undefined ? { headers } : { method, headers, body: JSON.stringify(body) };
  const answer = await ask(`${url}/admin${path}`, '127.0.0.1', init, answeredWithinMs);
  if (answer.status >= 300) throw new Error(`${method} /admin${path}: ${answer.status} ${answer.text}`);
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
  return report.parse(await admin(url, 'GET', `/security-report?since=${since.toISOString()}`));
}
