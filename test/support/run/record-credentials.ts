import { keepCredential } from './run-log';

/** Loaded before each suite: every credential that `fetch` sends or receives is kept for the scan of the run's log. */
const secretFields = new Set([
  'access_token',
  'client_assertion',
  'client_secret',
  'code',
  'code_verifier',
  'csrf',
  'id_token',
  'password',
  'refresh_token',
  'signature',
  'token',
]);
const kept = new Set<string>();
const { fetch: original } = globalThis;

globalThis.fetch = async (input, init) => {
  recordHeaders(new Headers(init?.headers));
  recordBody(init?.body);
  const response = await original(input, init);
  recordHeaders(response.headers);
  if (response.headers.get('content-type')?.startsWith('application/json')) {
    void response
      .clone()
      .text()
      .then(recordBody, () => undefined);
  }
  return response;
};

function recordHeaders(headers: Headers): void {
  keep(/^(?:Basic|Bearer|DPoP) +(.*)$/i.exec(headers.get('authorization') ?? '')?.[1]);
  keep(headers.get('dpop') ?? undefined);
  for (const line of [...(headers.get('cookie') ?? '').split('; '), ...headers.getSetCookie()]) {
    keep(/^[^=;]+=([^;]*)/.exec(line)?.[1]);
  }
  const location = headers.get('location');
  if (location !== null) recordEntries(new URLSearchParams(location.split('?')[1]));
}

function recordBody(body: unknown): void {
  if (body instanceof URLSearchParams) recordEntries(body);
  if (typeof body !== 'string') return;
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null) recordEntries(Object.entries(value));
  } catch {
    recordEntries(new URLSearchParams(body));
  }
}

function recordEntries(entries: Iterable<[string, unknown]>): void {
  for (const [name, value] of entries) if (secretFields.has(name)) keep(value);
}

/** Not what is too short to be told from a word of the log. */
function keep(value: unknown): void {
  if (typeof value !== 'string' || value.length < 8 || /^[a-z_]+$/i.test(value) || kept.has(value)) return;
  kept.add(value);
  keepCredential(value);
  // Of a session cookie and a refresh token the id before the dot may be logged, the secret behind it may not.
  const [, secret, ...rest] = value.split('.');
  if (secret !== undefined && rest.length === 0) keep(secret);
}
