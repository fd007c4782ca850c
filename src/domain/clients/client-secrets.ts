import { hashSecret, secretsEqual } from '../credentials/secret';
import type { Client, ClientSecret } from './client';

/** True when the secret is one of the client's and is accepted at `now` (milliseconds since the epoch). */
export function secretMatches(client: Pick<Client, 'secrets'>, secret: string, now: number): boolean {
  return secretHashMatches(client, hashSecret(secret), now);
}

/** As {@link secretMatches}, for the hash of a secret. */
export function secretHashMatches({ secrets = [] }: Pick<Client, 'secrets'>, hash: string, now: number): boolean {
  return accepted(secrets, now).some((each) => secretsEqual(each.hash, hash));
}

/** The secrets after a new one is added at `now`: of the former ones only the newest stays, until `oldUntil`. */
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

/** Never extends a secret that already expires earlier. */
function overlap({ hash, until = Infinity }: ClientSecret, oldUntil: number): ClientSecret {
  return { hash, until: Math.min(until, oldUntil) };
}
