import { hashSecret, secretsEqual } from '../credentials/secret';
import type { Client, ClientSecret } from './client';

/** True when the client has this secret, and it is accepted at `now` (milliseconds since the epoch). */
export function secretMatches({ secrets = [] }: Pick<Client, 'secrets'>, secret: string, now: number): boolean {
  const hash = hashSecret(secret);
  return accepted(secrets, now).some((each) => secretsEqual(each.hash, hash));
}

/** The secrets after a new one is added at `now`: of the former ones the newest at most, and that until `oldUntil`. */
export function withNewSecret(
  { secrets = [] }: Pick<Client, 'secrets'>,
  secret: string,
  now: number,
  oldUntil: number,
): ClientSecret[] {
  const [former] = accepted(secrets, now);
  const overlapping = former === undefined || oldUntil <= now ? [] : [overlap(former, oldUntil)];
  return [{ hash: hashSecret(secret) }, ...overlapping];
}

function accepted(secrets: readonly ClientSecret[], now: number): readonly ClientSecret[] {
  return secrets.filter(({ until }) => until === undefined || until > now);
}

/** One that ends already ends no later for it. */
function overlap({ hash, until = Infinity }: ClientSecret, oldUntil: number): ClientSecret {
  return { hash, until: Math.min(until, oldUntil) };
}
