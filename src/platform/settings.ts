import { isIP } from 'node:net';
import * as z from 'zod';

export const signingAlgorithms = ['RS256', 'ES256', 'EdDSA'] as const;
export type SigningAlgorithm = (typeof signingAlgorithms)[number];

/** Loopback host names, as `URL.hostname` spells them. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

function isOrigin(value: string): boolean {
  return URL.canParse(value) && /^https?:/.test(value) && new URL(value).origin === value;
}

/** A seed list or a host, with valid ports; the driver checks the rest. */
function isMongoUri(value: string): boolean {
  const [, hosts] = /^mongodb(?:\+srv)?:\/\/(?:[^\s@/]*@)?([^\s@/?#]+)(?:[/?]\S*)?$/.exec(value) ?? [];
  return hosts !== undefined && hosts.split(',').every(isMongoHost);
}

function isMongoHost(host: string): boolean {
  const [, port = '27017'] = /^(?:[\w.%-]+|\[[\da-f:.]+\])(?::(\d{1,5}))?$/i.exec(host) ?? [undefined, ''];
  return Number(port) >= 1 && Number(port) <= 65_535;
}

function isHost(value: string): boolean {
  // A name cannot end in a number: what looks like an IPv4 address must be a valid one. Source: RFC 3696 §2.
  return isIP(value) !== 0 || (/^[\w.-]{1,253}$/.test(value) && !/(?:^|\.)\d+$/.test(value));
}

function isRpcUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
}

/** A server to whose URL a path is appended. Without name and password, because URLs end up in logs. */
function isEndpoint(value: string): boolean {
  if (!/^https?:\/\/[^\s?#@]+$/.test(value) || !URL.canParse(value)) return false;
  const { username, password } = new URL(value);
  return username === '' && password === '';
}

function isSmtpUrl(value: string): boolean {
  if (!/^smtps?:\/\/\S+$/.test(value) || !URL.canParse(value)) return false;
  const { hostname, username, password, pathname, search, hash } = new URL(value);
  return (
    hostname !== '' && (username === '') === (password === '') && /^\/?$/.test(pathname) && search === '' && hash === ''
  );
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

/** 256 bits in canonical base64url. Source: RFC 4648 §5. */
function isKeyEncryptionKey(value: string): boolean {
  const bytes = Buffer.from(value, 'base64url');
  return bytes.length === 32 && bytes.toString('base64url') === value;
}

/** Zero bits would mean everybody. */
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

const onOrOff = z.enum(['on', 'off']).transform((value) => value === 'on');

/** A row of docs/settings.md, and how its value is read. Texts are Markdown, links relative to docs/. */
export interface Setting {
  readonly parse: z.ZodType;
  /** Whether its value may hold a secret, and so is never shown. */
  readonly isSecret?: true;
  /** As a ConfigError says it. */
  readonly allowed: string;
  /** Used when the variable is absent. */
  readonly byDefault?: string;
  /** Used instead in production. */
  readonly inProduction?: string;
  /** Shown where no fixed text is the default. */
  readonly otherwise?: string;
  readonly meaning: string;
}

/** By name, in the order of docs/settings.md (`npm run docs:settings`). */
export const settings = {
  NODE_ENV: {
    parse: z.enum(['development', 'test', 'production']),
    allowed: 'development, test or production',
    byDefault: 'development',
    meaning:
      'In production there are no demo accounts and no `/debug/state`, a wallet challenge must name its `clientId`, and a store that holds demo accounts is refused.',
  },
  PORT: {
    parse: wholeNumber(1, 65_535),
    allowed: 'a whole number from 1 to 65535',
    byDefault: '3000',
    meaning: 'The port on which it listens.',
  },
  HOST: {
    parse: z.string().refine(isHost),
    allowed: 'a host name or an IP address',
    byDefault: '127.0.0.1',
    meaning: 'The host or IP address on which it listens.',
  },
  ISSUER: {
    parse: z.string().refine(isOrigin),
    allowed: 'an http or https origin without a path or trailing slash',
    otherwise: '`http://localhost:$PORT`',
    meaning:
      'The issuer identifier and public origin: every absolute URL of the metadata starts with it. In production https, or http on loopback.',
  },
  RP_ID: {
    parse: z.string().refine((value) => /^[a-z\d.-]{1,253}$/.test(value) && isHost(value) && isIP(value) === 0),
    allowed: 'the host of ISSUER or a registrable parent of it, in lower case',
    otherwise: 'the host of `ISSUER`',
    meaning:
      'The host that passkeys are bound to. The store keeps it with the first passkey, and a start with another one is refused. An `ISSUER` with an IP address has no passkeys.',
  },
  SIGN_UP: {
    parse: z.enum(['open', 'off']).transform((value) => value === 'open'),
    allowed: 'open or off',
    byDefault: 'off',
    meaning:
      'Whether anybody may make an account at [`/sign-up`](http-api.md#get-sign-up-post-sign-up-post-sign-upchallenge).',
  },
  SMTP_URL: {
    isSecret: true,
    parse: z.string().refine(isSmtpUrl),
    allowed: 'an smtp:// or smtps:// URL of a host, with user and password or neither',
    meaning: 'The server that mail is sent by. Absent: nothing is mailed, and links come from operators.',
  },
  MAIL_FROM: {
    parse: z
      .string()
      .regex(
        /^(?:[^<>\p{C}]{1,100} <[^\s@<>\p{C}]{1,64}@[^\s@<>\p{C}]{1,190}>|[^\s@<>\p{C}]{1,64}@[^\s@<>\p{C}]{1,190})$/u,
      ),
    allowed: 'an email address, or a name and an address in angle brackets',
    meaning: 'The sender of mail. `SMTP_URL` needs it.',
  },
  MONGODB_URI: {
    isSecret: true,
    parse: z.string().refine(isMongoUri),
    allowed: 'a mongodb:// or mongodb+srv:// URI',
    meaning:
      'Absent: the embedded store. The answers are the same; [single use](http-api.md#single-use) has the one difference.',
  },
  DATA_DIR: {
    parse: z.string().refine((path) => !path.includes('\0')),
    allowed: 'a directory path',
    byDefault: './data',
    meaning: 'Where the embedded store keeps its files, for its user alone.',
  },
  WORKERS: {
    parse: wholeNumber(1, 64),
    allowed: 'a whole number from 1 to 64',
    byDefault: '1',
    meaning: 'Processes that share the port. Any of them answers for any other.',
  },
  SIGNING_ALG: {
    parse: z.enum(signingAlgorithms),
    allowed: signingAlgorithms.join(', '),
    byDefault: 'RS256',
    meaning: 'Signs the access tokens (`alg`). Keys of RS256 and ES256 exist beside it.',
  },
  WALLET_CHALLENGE_TTL: {
    parse: wholeNumber(1, 3600),
    allowed: 'seconds, from 1 to 3600',
    byDefault: '300',
    meaning: 'How long a message can be signed: the `expirationTime` of a challenge, from its `issuedAt`.',
  },
  AUTHORIZATION_CODE_TTL: {
    parse: wholeNumber(1, 600),
    allowed: 'seconds, from 1 to 600',
    byDefault: '60',
    meaning: 'How long a code can be redeemed.',
  },
  ACCESS_TOKEN_TTL: {
    parse: wholeNumber(1, 86_400),
    allowed: 'seconds, from 1 to 86400',
    byDefault: '900',
    meaning: 'How long an access token is valid (`expires_in`).',
  },
  EVM_RPC_URLS: {
    isSecret: true,
    parse: z
      .string()
      .transform((list) => list.split(',').map((entry) => /^([1-9]\d{0,14})=(\S+)$/.exec(entry.trim())))
      .refine((entries) => new Set(entries.map((entry) => entry?.[1])).size === entries.length)
      .transform((entries) => new Map(entries.map((entry) => [Number(entry?.[1]), (entry?.[2] ?? '').split('|')])))
      .refine((chains) => [...chains.values()].flat().every(isRpcUrl)),
    allowed:
      'chainId=https://… pairs separated by commas, each chain once, its URLs by a vertical bar (http: for loopback only)',
    meaning:
      'RPC nodes that are asked about [contract accounts](wallets.md), as `1=https://…,8453=https://…|https://…`. Those of one chain are asked in order.',
  },
  EVM_CHAINS: {
    parse: z
      .string()
      .transform((list) => list.split(',').map((entry) => entry.trim()))
      .refine((entries) => entries.every((entry) => /^[1-9]\d{0,14}$/.test(entry)))
      .refine((entries) => new Set(entries).size === entries.length)
      .transform((entries) => entries.map(Number)),
    allowed: 'chain ids separated by commas, each once',
    otherwise: 'the chains of `EVM_RPC_URLS`; without those, any',
    meaning:
      'The chains whose wallets may sign in; others are answered `chain_unsupported`. A chain without RPC nodes serves only accounts that sign with their own key.',
  },
  SESSION_TTL: {
    parse: wholeNumber(1, 31_536_000),
    allowed: 'seconds, from 1 to 31536000',
    byDefault: '43200',
    meaning: 'How long a browser stays logged in.',
  },
  REFRESH_TOKEN_TTL: {
    parse: wholeNumber(1, 31_536_000),
    allowed: 'seconds, from 1 to 31536000',
    byDefault: '2592000',
    meaning: 'How long from the login its refresh tokens can be used.',
  },
  RATE_LIMIT: {
    parse: onOrOff,
    allowed: 'on or off',
    byDefault: 'off',
    inProduction: 'on',
    meaning: 'Whether attempts are limited per client IP address and per subject ([limits](http-api.md#limits)).',
  },
  TRUST_PROXY: {
    parse: z
      .string()
      .transform((list) => list.split(',').map((entry) => entry.trim()))
      .refine((entries) => entries.every(isIpRange)),
    allowed: 'IP addresses or CIDR ranges separated by commas',
    meaning: "Proxies whose `X-Forwarded-For` is believed: it names the client's IP address, for the limits.",
  },
  ADMIN_TOKEN: {
    isSecret: true,
    parse: z
      .string()
      .transform((list) => list.split(','))
      .refine((tokens) => tokens.length <= 2 && tokens.every((token) => /^[\x21-\x7e]{32,}$/.test(token))),
    allowed: 'at least 32 printable characters, without commas; or two such, separated by a comma',
    meaning:
      'The bearer token of [the administration](http-api.md#administration) on the first day and for recovery: the operator `bootstrap`. Two are accepted while one follows the other. Absent, and without a [named operator](operators.md): `/admin/*` is 404.',
  },
  METRICS_TOKEN: {
    isSecret: true,
    parse: z.string().regex(/^[\x21-\x7e]{32,}$/),
    allowed: 'at least 32 printable characters',
    meaning: 'The bearer token of `/metrics`. Absent: they are for everybody, and in production 404.',
  },
  METRICS_CLIENTS: {
    parse: wholeNumber(0, 1_000),
    allowed: 'a whole number from 0 to 1000',
    byDefault: '100',
    meaning:
      'How many clients the [metrics](metrics.md) name at most, those that were registered first. The others are `other`.',
  },
  KEY_ENCRYPTION_KEYS: {
    isSecret: true,
    parse: z
      .string()
      .transform((list) => list.split(',').map((entry) => entry.trim()))
      .refine((entries) => entries.every(isKeyEncryptionKey))
      .transform((entries) => entries.map((entry) => new Uint8Array(Buffer.from(entry, 'base64url')))),
    allowed: 'keys of 32 bytes in base64url separated by commas',
    meaning:
      'The private signing keys are encrypted in the store under the first, and decrypted by any ([keys](operations.md#keys)). Production needs at least one.',
  },
  PROMETHEUS_URL: {
    isSecret: true,
    parse: z
      .string()
      .refine(isEndpoint)
      .transform((url) => url.replace(/\/+$/, '')),
    allowed: 'an http or https URL without user, password, query or fragment',
    meaning:
      "Where the [dashboards](dashboards.md) at `/admin/dashboard` ask for their figures. Absent: they show the process's own.",
  },
  REGISTRATION: {
    parse: z.enum(['open', 'token', 'off']),
    allowed: 'open, token or off',
    byDefault: 'open',
    inProduction: 'token',
    meaning:
      'Who may register a client at [`/register`](http-api.md#post-register) (RFC 7591): everybody, who shows a token, or nobody (404).',
  },
  REGISTRATION_TOKEN: {
    isSecret: true,
    parse: z.string().regex(/^[\x21-\x7e]{32,}$/),
    allowed: 'at least 32 printable characters',
    meaning: 'The initial access token of `REGISTRATION=token`. The admin token serves too.',
  },
  CLIENT_ID_METADATA_DOCUMENTS: {
    parse: onOrOff,
    allowed: 'on or off',
    byDefault: 'on',
    inProduction: 'off',
    meaning:
      'Whether an https URL may be a `client_id`. Its [metadata document](http-api.md#client-id-metadata-documents) is fetched there.',
  },
  COMPARISON: {
    parse: onOrOff,
    allowed: 'on or off',
    byDefault: 'on',
    inProduction: 'off',
    meaning:
      'Whether [the comparison](http-api.md#comparison) is there: `/`, `/compare` and its runs. Off: 404, and none of it is loaded.',
  },
  AUDIT_RETENTION_DAYS: {
    parse: wholeNumber(1, 3650),
    allowed: 'days, from 1 to 3650',
    byDefault: '30',
    meaning: 'How long events of the [audit trail](audit.md) are kept.',
  },
  AUDIT_MAX_MB: {
    parse: wholeNumber(1, 1_000_000),
    allowed: 'megabytes, from 1 to 1000000',
    byDefault: '512',
    meaning:
      'How much of the store the audit trail may take, half of it for security events. The oldest events go first.',
  },
  // Anything but "true" is false. Source: OpenTelemetry, Environment Variable Specification, section Boolean.
  OTEL_SDK_DISABLED: {
    parse: z
      .string()
      .refine((text) => !text.includes('\0'))
      .transform((text) => text.toLowerCase() === 'true'),
    allowed: 'true in any case; any other text is false',
    byDefault: 'false',
    meaning: 'Turns [tracing](tracing.md) off, whatever the settings below say.',
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    isSecret: true,
    parse: z.string().refine(isEndpoint),
    allowed: 'an http or https URL without a name, password, query or fragment',
    meaning:
      'Turns [tracing](tracing.md) on: where spans are sent, by OTLP over HTTP. A `traceparent` (W3C Trace Context) is then taken for the parent of what is traced, whatever its flags say.',
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    isSecret: true,
    parse: z
      .string()
      .transform(headersIn)
      .refine((headers) => headers !== undefined),
    allowed: 'name=value pairs separated by commas, the values percent-encoded',
    meaning: 'Sent with the spans, as a key of the collector.',
  },
  OTEL_SERVICE_NAME: {
    parse: z.string().regex(/^[\x20-\x7e]{1,100}$/),
    allowed: '1 to 100 printable characters',
    byDefault: 'tessera',
    meaning: 'What traces name the service (`service.name`).',
  },
  OTEL_TRACES_SAMPLER_ARG: {
    parse: z
      .string()
      .regex(/^(?:0|1|0?\.\d{1,9}|1\.0{1,9})$/)
      .transform(Number),
    allowed: 'a number from 0 to 1',
    // One trace in a hundred: its cost is then lost in that of logins.
    byDefault: '0.01',
    meaning: 'The share of traces that are sampled.',
  },
  OTEL_BSP_SCHEDULE_DELAY: {
    parse: wholeNumber(100, 60_000),
    allowed: 'milliseconds, from 100 to 60000',
    // The default of every SDK. Source: OpenTelemetry, Environment Variable Specification.
    byDefault: '5000',
    meaning: 'How long spans are collected before they are sent.',
  },
} satisfies Record<string, Setting>;
