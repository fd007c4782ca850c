/**
 * Outcomes of an exchange with a known code or challenge: untrusted callers cannot cause them with random values. A second use
 * is a replay, whose first use succeeded. Source: docs/metrics.md.
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
