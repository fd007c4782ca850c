import type { LoginOptions } from './client-options.ts';

/**
 * The login that an API asks for before it serves a request: options for `login` or `begin`, with the `acr_values` and
 * `max_age` of its response. Undefined for any other response. Source: RFC 9470 §3, §4.
 */
export function stepUpOf({ headers }: Response): Pick<LoginOptions, 'parameters'> | undefined {
  const challenge = headers.get('www-authenticate') ?? '';
  if (!/insufficient_user_authentication/.test(challenge)) return undefined;
  const asked = challenge.matchAll(/(acr_values|max_age)="?([^",]+)/g);
  return { parameters: Object.fromEntries([...asked].map((found) => found.slice(1))) };
}
