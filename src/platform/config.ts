import { isIP } from 'node:net';
import * as z from 'zod';

export const signingAlgorithms = ['RS256', 'ES256', 'EdDSA'] as const;
export type SigningAlgorithm = (typeof signingAlgorithms)[number];

/** The service's settings, parsed once at start. Durations are in seconds. */
export interface Config {
  readonly production: boolean;
  readonly port: number;
  readonly host: string;
  /** An origin without a path; every absolute URL of the metadata starts with it. */
  readonly issuer: string;
  /** Absent: the embedded store in `dataDir`. */
  readonly mongodbUri: string | undefined;
  readonly dataDir: string;
  readonly workers: number;
  readonly signingAlgorithm: SigningAlgorithm;
  readonly walletChallengeTtl: number;
  readonly authorizationCodeTtl: number;
  readonly accessTokenTtl: number;
  /** Chain id → RPC endpoints, in the order in which they are to be tried. */
  readonly evmRpcUrls: ReadonlyMap<number, readonly string[]>;
  /** The chains that may sign in, in the order of the setting; none: any. */
  readonly evmChains: readonly number[];
  readonly sessionTtl: number;
  /** From the login, whatever the rotations. */
  readonly refreshTokenTtl: number;
  readonly rateLimit: boolean;
  /** IP addresses of proxies whose `X-Forwarded-For` is believed; none: the peer is the client. */
  readonly trustedProxies: readonly string[];
  /** Absent: the admin API is off. */
  readonly adminToken: string | undefined;
  /** The private signing keys are encrypted in the store under the first, and decrypted by any; 32 bytes each. */
  readonly keyEncryptionKeys: readonly Uint8Array[];
  /** Of `/metrics`; without it they are for everybody, and in production for nobody. */
  readonly metricsToken: string | undefined;
  /** How many clients the metrics name at most. */
  readonly metricsClients: number;
  /** Where the dashboards may ask Prometheus, without a slash at its end; absent: they show the process's own history. */
  readonly prometheusUrl: string | undefined;
  /** Who may register a client at `/register`: everybody, who shows a token, or nobody. */
  readonly registration: 'open' | 'token' | 'off';
  /** The initial access token where one is wanted; the admin token serves too. Source: RFC 7591 §3. */
  readonly registrationToken: string | undefined;
  /** Whether an https URL may be a `client_id`. */
  readonly clientIdMetadataDocuments: boolean;
  /** Whether the page at `/` and `/compare` are there; in production runs take the admin token besides. */
  readonly comparison: boolean;
  /** How long events of the audit trail are kept, in days. */
  readonly auditRetentionDays: number;
  /** How many megabytes of the store the audit trail may take; the oldest events go first. */
  readonly auditMaxMb: number;
  /** Absent: nothing is traced. */
  readonly tracing: TracingSettings | undefined;
}

/** Where spans go, and how many. */
export interface TracingSettings {
  /** Of an OTLP receiver over HTTP, to which the path of traces is added. Source: OpenTelemetry, OTLP Exporter. */
  readonly endpoint: string;
  /** Sent with every export; their values may be credentials. */
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  /** The share of traces that are sampled, from 0 to 1. */
  readonly ratio: number;
  /** Milliseconds that spans are collected before they are sent. */
  readonly sendEveryMs: number;
}

/** Of a hundred traces one: what they cost is then lost in what logins cost. */
const defaultRatio = 0.01;

/** A setting that is not allowed: one line that names the setting, its value (masked where it may hold a secret) and what is allowed. */
export class ConfigError extends Error {}

const mayHoldSecrets = new Set([
  'ADMIN_TOKEN',
  'METRICS_TOKEN',
  'REGISTRATION_TOKEN',
  'KEY_ENCRYPTION_KEYS',
  'MONGODB_URI',
  'EVM_RPC_URLS',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'PROMETHEUS_URL',
]);

/** The hosts that mean this machine, as `URL.hostname` spells them. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

function isOrigin(value: string): boolean {
  return URL.canParse(value) && /^https?:/.test(value) && new URL(value).origin === value;
}

/** A seed list or a host, each port one that exists; what the driver wants besides, it says itself. */
function isMongoUri(value: string): boolean {
  const [, hosts] = /^mongodb(?:\+srv)?:\/\/(?:[^\s@/]*@)?([^\s@/?#]+)(?:[/?]\S*)?$/.exec(value) ?? [];
  return hosts !== undefined && hosts.split(',').every(isMongoHost);
}

function isMongoHost(host: string): boolean {
  const [, port = '27017'] = /^(?:[\w.%-]+|\[[\da-f:.]+\])(?::(\d{1,5}))?$/i.exec(host) ?? [undefined, ''];
  return Number(port) >= 1 && Number(port) <= 65_535;
}

function isHost(value: string): boolean {
  // What is written as an IPv4 address must be one: no name ends in a number. Source: RFC 3696 §2.
  return isIP(value) !== 0 || (/^[\w.-]{1,253}$/.test(value) && !/(?:^|\.)\d+$/.test(value));
}

function isRpcUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
}

/** A server to whose URL a path is added. No name and password: whatever a URL holds ends up in somebody's log. */
function isEndpoint(value: string): boolean {
  if (!/^https?:\/\/[^\s?#@]+$/.test(value) || !URL.canParse(value)) return false;
  const { username, password } = new URL(value);
  return username === '' && password === '';
}

/** Names and values, the values percent-encoded. Source: OpenTelemetry, OTLP Exporter, section Specifying headers. */
function headersIn(list: string): Record<string, string> | undefined {
  const entries = list.split(',').map((entry) => /^\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*(\S(?:.*\S)?)\s*$/.exec(entry));
  const headers: Record<string, string> = {};
  for (const entry of entries) {
    const [, name = '', encoded = ''] = entry ?? [];
    const value = decoded(encoded);
    if (name === '' || value === undefined || !/^[\x20-\x7e]+$/.test(value)) return undefined;
    headers[name.toLowerCase()] = value;
  }
  return headers;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** 256 bits, spelled in the one way that base64url has for them. Source: RFC 4648 §5. */
function isKeyEncryptionKey(value: string): boolean {
  const bytes = Buffer.from(value, 'base64url');
  return bytes.length === 32 && bytes.toString('base64url') === value;
}

/** Of no bits would be everybody. */
function isIpRange(value: string): boolean {
  const [ip = '', bits = '1', ...rest] = value.split('/');
  const longest = { 0: 0, 4: 32, 6: 128 }[isIP(ip)] ?? 0;
  return /^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= longest && rest.length === 0;
}

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.number().min(min).max(max));

/** One line of the table in the README: how a setting is parsed, and what a ConfigError says is allowed. */
const settings = {
  NODE_ENV: { parse: z.enum(['development', 'test', 'production']), allowed: 'development, test or production' },
  PORT: { parse: wholeNumber(1, 65_535), allowed: 'a whole number from 1 to 65535' },
  HOST: { parse: z.string().refine(isHost), allowed: 'a host name or an IP address' },
  ISSUER: { parse: z.string().refine(isOrigin), allowed: 'an http or https origin without a path or trailing slash' },
  MONGODB_URI: { parse: z.string().refine(isMongoUri), allowed: 'a mongodb:// or mongodb+srv:// URI' },
  DATA_DIR: { parse: z.string().refine((path) => !path.includes('\0')), allowed: 'a directory path' },
  WORKERS: { parse: wholeNumber(1, 64), allowed: 'a whole number from 1 to 64' },
  SIGNING_ALG: { parse: z.enum(signingAlgorithms), allowed: signingAlgorithms.join(', ') },
  WALLET_CHALLENGE_TTL: { parse: wholeNumber(1, 3600), allowed: 'seconds, from 1 to 3600' },
  AUTHORIZATION_CODE_TTL: { parse: wholeNumber(1, 600), allowed: 'seconds, from 1 to 600' },
  ACCESS_TOKEN_TTL: { parse: wholeNumber(1, 86_400), allowed: 'seconds, from 1 to 86400' },
  EVM_RPC_URLS: {
    parse: z
      .string()
      .transform((list) => list.split(',').map((entry) => /^([1-9]\d{0,14})=(\S+)$/.exec(entry.trim())))
      .refine((entries) => new Set(entries.map((entry) => entry?.[1])).size === entries.length)
      .transform((entries) => new Map(entries.map((entry) => [Number(entry?.[1]), (entry?.[2] ?? '').split('|')])))
      .refine((chains) => [...chains.values()].flat().every(isRpcUrl)),
    allowed:
      'chainId=https://… pairs separated by commas, each chain once, its URLs by a vertical bar (http: for loopback only)',
  },
  EVM_CHAINS: {
    parse: z
      .string()
      .transform((list) => list.split(',').map((entry) => entry.trim()))
      .refine((entries) => entries.every((entry) => /^[1-9]\d{0,14}$/.test(entry)))
      .refine((entries) => new Set(entries).size === entries.length)
      .transform((entries) => entries.map(Number)),
    allowed: 'chain ids separated by commas, each once',
  },
  SESSION_TTL: { parse: wholeNumber(1, 31_536_000), allowed: 'seconds, from 1 to 31536000' },
  REFRESH_TOKEN_TTL: { parse: wholeNumber(1, 31_536_000), allowed: 'seconds, from 1 to 31536000' },
  RATE_LIMIT: { parse: z.enum(['on', 'off']), allowed: 'on or off' },
  TRUST_PROXY: {
    parse: z
      .string()
      .transform((list) => list.split(',').map((entry) => entry.trim()))
      .refine((entries) => entries.every(isIpRange)),
    allowed: 'IP addresses or CIDR ranges separated by commas',
  },
  ADMIN_TOKEN: { parse: z.string().regex(/^[\x21-\x7e]{32,}$/), allowed: 'at least 32 printable characters' },
  METRICS_TOKEN: { parse: z.string().regex(/^[\x21-\x7e]{32,}$/), allowed: 'at least 32 printable characters' },
  METRICS_CLIENTS: { parse: wholeNumber(0, 1_000), allowed: 'a whole number from 0 to 1000' },
  KEY_ENCRYPTION_KEYS: {
    parse: z
      .string()
      .transform((list) => list.split(',').map((entry) => entry.trim()))
      .refine((entries) => entries.every(isKeyEncryptionKey))
      .transform((entries) => entries.map((entry) => new Uint8Array(Buffer.from(entry, 'base64url')))),
    allowed: 'keys of 32 bytes in base64url separated by commas',
  },
  PROMETHEUS_URL: {
    parse: z
      .string()
      .refine(isEndpoint)
      .transform((url) => url.replace(/\/+$/, '')),
    allowed: 'an http or https URL without user, password, query or fragment',
  },
  REGISTRATION: { parse: z.enum(['open', 'token', 'off']), allowed: 'open, token or off' },
  REGISTRATION_TOKEN: { parse: z.string().regex(/^[\x21-\x7e]{32,}$/), allowed: 'at least 32 printable characters' },
  CLIENT_ID_METADATA_DOCUMENTS: { parse: z.enum(['on', 'off']), allowed: 'on or off' },
  COMPARISON: { parse: z.enum(['on', 'off']), allowed: 'on or off' },
  AUDIT_RETENTION_DAYS: { parse: wholeNumber(1, 3650), allowed: 'days, from 1 to 3650' },
  AUDIT_MAX_MB: { parse: wholeNumber(1, 1_000_000), allowed: 'megabytes, from 1 to 1000000' },
  // Whatever is no "true" is false. Source: OpenTelemetry, Environment Variable Specification, section Boolean.
  OTEL_SDK_DISABLED: {
    parse: z
      .string()
      .refine((text) => !text.includes('\0'))
      .transform((text) => text.toLowerCase() === 'true'),
    allowed: 'true in any case; any other text is false',
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    parse: z.string().refine(isEndpoint),
    allowed: 'an http or https URL without a name, password, query or fragment',
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    parse: z
      .string()
      .transform(headersIn)
      .refine((headers) => headers !== undefined),
    allowed: 'name=value pairs separated by commas, the values percent-encoded',
  },
  OTEL_SERVICE_NAME: { parse: z.string().regex(/^[\x20-\x7e]{1,100}$/), allowed: '1 to 100 printable characters' },
  OTEL_TRACES_SAMPLER_ARG: {
    parse: z
      .string()
      .regex(/^(?:0|1|0?\.\d{1,9}|1\.0{1,9})$/)
      .transform(Number),
    allowed: 'a number from 0 to 1',
  },
  OTEL_BSP_SCHEDULE_DELAY: { parse: wholeNumber(100, 60_000), allowed: 'milliseconds, from 100 to 60000' },
} satisfies Record<string, { parse: z.ZodType; allowed: string }>;

type Settings = typeof settings;

/**
 * Reads the settings from an environment. An empty value counts as absent.
 * Throws: {@link ConfigError} for the first one that is not allowed.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  function read<Name extends keyof Settings>(name: Name): z.output<Settings[Name]['parse']> | undefined {
    const value = env[name];
    if (value === undefined || value === '') return undefined;
    const result = settings[name].parse.safeParse(value);
    if (!result.success) throw refusedSetting(name, value, settings[name].allowed);
    return result.data as z.output<Settings[Name]['parse']>;
  }

  const production = read('NODE_ENV') === 'production';
  const port = read('PORT') ?? 3000;
  const issuer = read('ISSUER') ?? `http://localhost:${port}`;
  const issuerUrl = new URL(issuer);
  if (production && issuerUrl.protocol === 'http:' && !isLoopbackHost(issuerUrl.hostname)) {
    throw refusedSetting('ISSUER', issuer, 'an https origin in production (http for loopback only)');
  }
  const keyEncryptionKeys = read('KEY_ENCRYPTION_KEYS');
  if (production && keyEncryptionKeys === undefined) {
    throw refusedSetting(
      'KEY_ENCRYPTION_KEYS',
      undefined,
      `${settings.KEY_ENCRYPTION_KEYS.allowed}, in production at least one`,
    );
  }
  const evmRpcUrls = read('EVM_RPC_URLS') ?? new Map<number, string[]>();
  return {
    production,
    port,
    host: read('HOST') ?? '127.0.0.1',
    issuer,
    mongodbUri: read('MONGODB_URI'),
    dataDir: read('DATA_DIR') ?? './data',
    workers: read('WORKERS') ?? 1,
    signingAlgorithm: read('SIGNING_ALG') ?? 'RS256',
    walletChallengeTtl: read('WALLET_CHALLENGE_TTL') ?? 300,
    authorizationCodeTtl: read('AUTHORIZATION_CODE_TTL') ?? 60,
    accessTokenTtl: read('ACCESS_TOKEN_TTL') ?? 900,
    evmRpcUrls,
    evmChains: read('EVM_CHAINS') ?? [...evmRpcUrls.keys()],
    sessionTtl: read('SESSION_TTL') ?? 43_200,
    refreshTokenTtl: read('REFRESH_TOKEN_TTL') ?? 2_592_000,
    rateLimit: (read('RATE_LIMIT') ?? (production ? 'on' : 'off')) === 'on',
    trustedProxies: read('TRUST_PROXY') ?? [],
    adminToken: read('ADMIN_TOKEN'),
    keyEncryptionKeys: keyEncryptionKeys ?? [],
    metricsToken: read('METRICS_TOKEN'),
    metricsClients: read('METRICS_CLIENTS') ?? 100,
    prometheusUrl: read('PROMETHEUS_URL'),
    registration: read('REGISTRATION') ?? (production ? 'token' : 'open'),
    registrationToken: read('REGISTRATION_TOKEN'),
    clientIdMetadataDocuments: (read('CLIENT_ID_METADATA_DOCUMENTS') ?? (production ? 'off' : 'on')) === 'on',
    comparison: (read('COMPARISON') ?? (production ? 'off' : 'on')) === 'on',
    auditRetentionDays: read('AUDIT_RETENTION_DAYS') ?? 30,
    auditMaxMb: read('AUDIT_MAX_MB') ?? 512,
    tracing: tracingOf({
      disabled: read('OTEL_SDK_DISABLED') ?? false,
      endpoint: read('OTEL_EXPORTER_OTLP_ENDPOINT'),
      headers: read('OTEL_EXPORTER_OTLP_HEADERS') ?? {},
      serviceName: read('OTEL_SERVICE_NAME') ?? 'tessera',
      ratio: read('OTEL_TRACES_SAMPLER_ARG') ?? defaultRatio,
      // The default of every SDK. Source: OpenTelemetry, Environment Variable Specification.
      sendEveryMs: read('OTEL_BSP_SCHEDULE_DELAY') ?? 5_000,
    }),
  };
}

interface TracingRead extends Omit<TracingSettings, 'endpoint'> {
  readonly disabled: boolean;
  readonly endpoint: string | undefined;
}

/** Tracing is on where there is somewhere to send the spans to, and nobody turned it off. */
function tracingOf({ disabled, endpoint, ...others }: TracingRead): TracingSettings | undefined {
  return disabled || endpoint === undefined ? undefined : { endpoint, ...others };
}

/** The line about a setting whose value is not allowed, for what shows only after it was read. */
export function refusedSetting(
  name: string,
  value: string | undefined,
  allowed: string,
  options?: ErrorOptions,
): ConfigError {
  const shown = value === undefined ? '(none)' : mayHoldSecrets.has(name) ? '(hidden)' : JSON.stringify(value);
  return new ConfigError(`${name}: ${shown} is not allowed; allowed: ${allowed}`, options);
}

/** Nest's injection token for the settings. */
export const CONFIG = Symbol('config');
