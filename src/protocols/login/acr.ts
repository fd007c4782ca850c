import { parseScope } from '../../domain/clients/scope';
import type { Config } from '../../platform/config';

/** The authentication context class of passkeys, as in EAP ACR Values 1.0 §2, and the only one. */
export const phr = 'phr';

/**
 * Whether a request asks for a login by passkey: its `acr_values` are a list in order of preference, and unknown ones are
 * ignored, as all are where passkeys are off. Source: OpenID Connect Core §3.1.2.1.
 */
export function asksForPhr(acrValues: string | undefined, { rpId }: Pick<Config, 'rpId'>): boolean {
  return rpId !== undefined && parseScope(acrValues).includes(phr);
}
