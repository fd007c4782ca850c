import type { LoginReport } from '../../operations/probe/login-steps';
import type { ProbeReport, ProbeRequest } from '../../operations/probe/probe';
import type { PkceLogin } from '../../operations/probe/pkce-login';
import {
  choiceField,
  flagField,
  isRedirectUri,
  isWebOrigin,
  numberField,
  ruledField,
  textField,
} from '../../platform/fields/field-kinds';
import { readFields, type ValuesOf } from '../../platform/fields/fields';
import { theArgument } from './command';
import type { OutsideResult, Outside, OutsideCommand } from './outside-command';
import { UsageError } from './usage-error';

const formats = ['text', 'json', 'prometheus'] as const;
type Format = (typeof formats)[number];

const defaultTimeout = 30;
const secretVariable = 'PROBE_CLIENT_SECRET';

const options = {
  client: textField(512, 'the client that logs in with PKCE; without it, that login is left out'),
  client_secret: flagField(`its secret: in ${secretVariable}, or the second line of standard input`),
  redirect_uri: ruledField(isRedirectUri, 'a redirect URI of the client', 'one of the client'),
  scope: ruledField(
    isScope,
    'names separated by spaces, of at most 1000 characters',
    'the scope, "" for none (openid)',
  ),
  username: textField(200, 'the username; the password is read from standard input'),
  wallet_client: textField(512, 'the client that logs in with a wallet; without it, that login is left out'),
  wallet_origin: ruledField(isWebOrigin, 'an origin', 'the origin that the message must name (any consistent one)'),
  format: choiceField(formats, 'the output format (text)'),
  timeout: numberField(1, 600, `seconds for all of it (${defaultTimeout})`),
};

/** A failed login is 1; otherwise EX_UNAVAILABLE of sysexits.h. */
const exit = { done: 0, failed: 1, unavailable: 69 } as const;

export const probeCommand: OutsideCommand = {
  words: 'probe',
  argument: '<issuer>',
  about: 'log in as a client from outside, with each model, and time every step',
  notes: [
    'Each is a complete login over HTTP and cleans up: its tokens are revoked, its session is ended.',
    'Use a dedicated client and user: clients add … --synthetic true. No credential is printed.',
    'Exit status: 0 all logins succeeded, 1 one failed, 69 the server cannot be reached, 64 wrong usage.',
  ].join('\n  '),
  options,
  runOutside: async (given, outside) => {
    const issuer = issuerIn(theArgument(given, '<issuer>'));
    const { scope, ...others } = given.values;
    const values = readFields(options, { ...others, ...(scope !== undefined && { scope: scope ?? '' }) });
    const request = {
      issuer,
      ...(await loginsOf(values, outside)),
      timeoutMs: (values.timeout ?? defaultTimeout) * 1000,
    };
    const { probe } = await import('../../operations/probe/probe.ts');
    return found(await probe(request, outside.now), values.format ?? (outside.isJson ? 'json' : 'text'));
  },
};

/** Source: RFC 6749 §3.3. */
function isScope(text: string): boolean {
  return text.length <= 1000 && /^[!#-[\]-~ ]*$/.test(text);
}

/** Throws: {@link UsageError}: plain HTTP would expose the password. */
function issuerIn(text: string): string {
  const origin = text.replace(/\/$/, '');
  if (!isWebOrigin(origin)) throw new UsageError('<issuer> is an https origin without a path (http on loopback)');
  return origin;
}

type Values = ValuesOf<typeof options>;

/** Throws: {@link UsageError}. */
async function loginsOf(values: Values, outside: Outside): Promise<Pick<ProbeRequest, 'pkce' | 'wallet'>> {
  const { client, wallet_client: clientId, wallet_origin: origin } = values;
  if (client === undefined && clientId === undefined) throw new UsageError('--client or --wallet-client is missing');
  if (clientId === undefined && origin !== undefined) throw new UsageError('--wallet-origin is for --wallet-client');
  return {
    ...(client === undefined ? withoutClient(values) : { pkce: await pkceLogin(client, values, outside) }),
    ...(clientId !== undefined && { wallet: { clientId, ...(origin !== undefined && { origin }) } }),
  };
}

/** Throws: {@link UsageError} for options about a client without naming one. */
function withoutClient({ client_secret, redirect_uri, scope, username }: Values): object {
  const names = Object.entries({ client_secret, redirect_uri, scope, username });
  const [name] = names.find(([, value]) => value !== undefined) ?? [];
  if (name !== undefined) throw new UsageError(`--${name.replace('_', '-')} is for --client, which is missing`);
  return {};
}

async function pkceLogin(clientId: string, values: Values, { env, secrets }: Outside): Promise<PkceLogin> {
  const { redirect_uri: redirectUri, username, scope = 'openid', client_secret: isConfidential = false } = values;
  if (redirectUri === undefined) throw new UsageError('--redirect-uri is missing');
  if (username === undefined) throw new UsageError('--username is missing');
  const fromEnvironment = isConfidential ? env[secretVariable] : undefined;
  const [password = '', second] = await secrets(isConfidential && fromEnvironment === undefined ? 2 : 1);
  const clientSecret = fromEnvironment ?? second;
  return { clientId, redirectUri, username, scope, password, ...(clientSecret !== undefined && { clientSecret }) };
}

async function found(report: ProbeReport, format: Format): Promise<OutsideResult> {
  const { failureLine, jsonOf, prometheusOf, textOf } = await import('../../operations/probe/probe-report.ts');
  const failures = report.logins.flatMap((login) => failureLine(login) ?? []);
  const lines = {
    text: () => textOf(report),
    json: () => [JSON.stringify(jsonOf(report), null, 2)],
    prometheus: () => prometheusOf(report),
  }[format]();
  // The text format includes them already.
  return { lines, complaints: format === 'text' ? [] : failures, exitStatus: exitStatusOf(report.logins) };
}

function exitStatusOf(logins: readonly LoginReport[]): number {
  const failures = logins.flatMap(({ failure }) => failure ?? []);
  if (failures.some(({ isUnreachable }) => isUnreachable)) return exit.unavailable;
  return failures.length > 0 ? exit.failed : exit.done;
}
