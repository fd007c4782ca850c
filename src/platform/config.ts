import { isIP } from 'node:net';
import { getDomain } from 'tldts';
import type * as z from 'zod';
import { isLoopbackHost, type Setting, settings } from './settings';

/** Where spans go, and how many. */
export interface TracingSettings {
  /** URL of an OTLP receiver over HTTP; the traces path is appended. Source: OpenTelemetry, OTLP Exporter. */
  readonly endpoint: string;
  /** Headers of every export; their values may be credentials. */
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  /** The share of sampled traces, from 0 to 1. */
  readonly ratio: number;
  /** Milliseconds between two exports. */
  readonly sendEveryMs: number;
}

/** An invalid setting: one line with its name, its value (masked where it may hold a secret) and what is allowed. */
export class ConfigError extends Error {}

type Settings = typeof settings;
type Value<Name extends keyof Settings> =
  | z.output<Settings[Name]['parse']>
  | (Settings[Name] extends { byDefault: string } ? never : undefined);

/** The service's settings, parsed once at start. Durations are in seconds. */
export type Config = Readonly<ReturnType<typeof loadConfig>>;

/** Reads the settings from an environment. An empty value counts as absent. Throws: {@link ConfigError} for the first invalid one. */
export function loadConfig(env: Readonly<Record<string, string | undefined>>) {
  const production = env['NODE_ENV'] === 'production';

  function read<Name extends keyof Settings>(name: Name): Value<Name> {
    const { parse, allowed, byDefault, inProduction }: Setting = settings[name];
    const value = env[name] || ((production ? inProduction : undefined) ?? byDefault);
    if (value === undefined) return undefined as Value<Name>;
    const result = parse.safeParse(value);
    if (!result.success) throw refusedSetting(name, value, allowed);
    return result.data as Value<Name>;
  }

  // Checked before any other.
  read('NODE_ENV');
  const port = read('PORT');
  const issuer = read('ISSUER') ?? `http://localhost:${port}`;
  const issuerUrl = new URL(issuer);
  if (production && issuerUrl.protocol === 'http:' && !isLoopbackHost(issuerUrl.hostname)) {
    throw refusedSetting('ISSUER', issuer, 'an https origin in production (http for loopback only)');
  }
  const rpId = rpIdOf(issuerUrl.hostname, read('RP_ID'));
  const smtpUrl = read('SMTP_URL');
  const mailFrom = read('MAIL_FROM');
  if (smtpUrl !== undefined && mailFrom === undefined) {
    throw refusedSetting('MAIL_FROM', undefined, `${settings.MAIL_FROM.allowed}, with SMTP_URL`);
  }
  const keyEncryptionKeys = read('KEY_ENCRYPTION_KEYS');
  if (production && keyEncryptionKeys === undefined) {
    throw refusedSetting(
      'KEY_ENCRYPTION_KEYS',
      undefined,
      `${settings.KEY_ENCRYPTION_KEYS.allowed}, in production at least one`,
    );
  }
  /** Chain id → RPC endpoints, in the order in which they are tried. */
  const evmRpcUrls: ReadonlyMap<number, readonly string[]> = read('EVM_RPC_URLS') ?? new Map();
  return {
    production,
    port,
    host: read('HOST'),
    /** An origin without a path; every absolute URL of the metadata starts with it. */
    issuer,
    /** The host that passkeys are bound to; undefined: the issuer is an IP address, and passkeys are off. */
    rpId,
    signUp: read('SIGN_UP'),
    /** Absent: nothing is mailed. */
    mail: smtpUrl === undefined || mailFrom === undefined ? undefined : { smtpUrl, from: mailFrom },
    /** Absent: the embedded store in `dataDir`. */
    mongodbUri: read('MONGODB_URI'),
    dataDir: read('DATA_DIR'),
    workers: read('WORKERS'),
    signingAlgorithm: read('SIGNING_ALG'),
    walletChallengeTtl: read('WALLET_CHALLENGE_TTL'),
    authorizationCodeTtl: read('AUTHORIZATION_CODE_TTL'),
    accessTokenTtl: read('ACCESS_TOKEN_TTL'),
    evmRpcUrls,
    /** Chains that may sign in, in the order of the setting; empty: any. */
    evmChains: read('EVM_CHAINS') ?? [...evmRpcUrls.keys()],
    sessionTtl: read('SESSION_TTL'),
    /** Counted from the login, not from a rotation. */
    refreshTokenTtl: read('REFRESH_TOKEN_TTL'),
    rateLimit: read('RATE_LIMIT'),
    /** IP addresses of proxies whose `X-Forwarded-For` is trusted; empty: the peer is the client. */
    trustedProxies: read('TRUST_PROXY') ?? [],
    /** Of the operator `bootstrap`; at most two. */
    adminTokens: read('ADMIN_TOKEN') ?? [],
    /** Private signing keys are encrypted in the store under the first and decrypted by any; 32 bytes each. */
    keyEncryptionKeys: keyEncryptionKeys ?? [],
    /** Protects `/metrics`; without it, metrics are public in development and off in production. */
    metricsToken: read('METRICS_TOKEN'),
    metricsClients: read('METRICS_CLIENTS'),
    prometheusUrl: read('PROMETHEUS_URL'),
    registration: read('REGISTRATION'),
    /** The initial access token, if required; the admin token works, too. Source: RFC 7591 §3. */
    registrationToken: read('REGISTRATION_TOKEN'),
    clientIdMetadataDocuments: read('CLIENT_ID_METADATA_DOCUMENTS'),
    comparison: read('COMPARISON'),
    auditRetentionDays: read('AUDIT_RETENTION_DAYS'),
    auditMaxMb: read('AUDIT_MAX_MB'),
    /** Absent: nothing is traced. */
    tracing: tracingOf({
      disabled: read('OTEL_SDK_DISABLED'),
      endpoint: read('OTEL_EXPORTER_OTLP_ENDPOINT'),
      headers: read('OTEL_EXPORTER_OTLP_HEADERS') ?? {},
      serviceName: read('OTEL_SERVICE_NAME'),
      ratio: read('OTEL_TRACES_SAMPLER_ARG'),
      sendEveryMs: read('OTEL_BSP_SCHEDULE_DELAY'),
    }),
  };
}

/** A suffix of the issuer's host that is registrable, or the host. Source: WebAuthn Level 3 §5.1.2, HTML §7.1.2. */
function rpIdOf(host: string, given: string | undefined): string | undefined {
  const isIp = isIP(host.replace(/^\[|\]$/g, '')) !== 0;
  if (given === undefined) return isIp ? undefined : host;
  const isParent = host.endsWith(`.${given}`) && getDomain(given, { allowPrivateDomains: true }) !== null;
  if (isIp || (given !== host && !isParent)) throw refusedSetting('RP_ID', given, settings.RP_ID.allowed);
  return given;
}

interface TracingRead extends Omit<TracingSettings, 'endpoint'> {
  readonly disabled: boolean;
  readonly endpoint: string | undefined;
}

/** Tracing is on if it has an endpoint and is not disabled. */
function tracingOf({ disabled, endpoint, ...others }: TracingRead): TracingSettings | undefined {
  return disabled || endpoint === undefined ? undefined : { endpoint, ...others };
}

/** The error line for a setting whose value turns out to be wrong after it was read. */
export function refusedSetting(
  name: string,
  value: string | undefined,
  allowed: string,
  options?: ErrorOptions,
): ConfigError {
  const { isSecret }: Partial<Setting> = (settings as Readonly<Record<string, Setting>>)[name] ?? {};
  const shown = value === undefined ? '(none)' : isSecret ? '(hidden)' : JSON.stringify(value);
  return new ConfigError(`${name}: ${shown} is not allowed; allowed: ${allowed}`, options);
}

/** Nest's injection token for the settings. */
export const CONFIG = Symbol('config');
