/**
 * Outcomes of an exchange whose code or challenge was known: no stranger can cause them with random values. What was used
 * twice is a replay, of which the first use succeeded. Source: docs/metrics.md.
 */
export const knownFailures = [
  'code_verifier_required',
  'code_verifier_malformed',
  'code_verifier_mismatch',
  'code_expired',
  'redirect_uri_mismatch',
  'resource_unknown',
  'message_mismatch',
  'signature_mismatch',
  'signature_malformed',
  'contract_accounts_unsupported',
  'challenge_expired',
] as const;

/** Outcomes of any step that are faults of the service. */
export const ownFaults = ['server_error', 'temporarily_unavailable'] as const;
