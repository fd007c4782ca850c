import { describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig } from './config';

const key = Buffer.alloc(32, 'a').toString('base64url');
const otherKey = Buffer.alloc(32, 'b').toString('base64url');
/** The settings that production requires. */
const production = { NODE_ENV: 'production', KEY_ENCRYPTION_KEYS: key };

describe('the settings', () => {
  it('given an empty environment, when it is read, then every default is that of docs/settings.md', () => {
    expect(loadConfig({})).toEqual({
      production: false,
      port: 3000,
      host: '127.0.0.1',
      issuer: 'http://localhost:3000',
      rpId: 'localhost',
      signUp: false,
      mail: undefined,
      mongodbUri: undefined,
      dataDir: './data',
      workers: 1,
      signingAlgorithm: 'RS256',
      walletChallengeTtl: 300,
      authorizationCodeTtl: 60,
      accessTokenTtl: 900,
      evmRpcUrls: new Map(),
      evmChains: [],
      sessionTtl: 43_200,
      refreshTokenTtl: 2_592_000,
      rateLimit: false,
      trustedProxies: [],
      adminTokens: [],
      keyEncryptionKeys: [],
      metricsToken: undefined,
      metricsClients: 100,
      registration: 'open',
      registrationToken: undefined,
      clientIdMetadataDocuments: true,
      comparison: true,
      auditRetentionDays: 30,
      auditMaxMb: 512,
      tracing: undefined,
    });
  });

  it('given production, when it is read, then limits are on and runs are off', () => {
    expect(loadConfig(production)).toMatchObject({
      production: true,
      rateLimit: true,
      comparison: false,
    });
  });

  it('given another port and no issuer, when it is read, then the issuer is on that port', () => {
    expect(loadConfig({ PORT: '8080' }).issuer).toBe('http://localhost:8080');
  });

  it.each(['PORT', 'ISSUER', 'MONGODB_URI', 'ADMIN_TOKEN', 'RATE_LIMIT'])(
    'given an empty %s, when it is read, then it counts as absent',
    (name) => {
      expect(loadConfig({ [name]: '' })).toEqual(loadConfig({}));
    },
  );

  it.each([
    ['PORT', '1', { port: 1 }],
    ['PORT', '65535', { port: 65_535 }],
    ['HOST', '0.0.0.0', { host: '0.0.0.0' }],
    ['HOST', '::1', { host: '::1' }],
    ['ISSUER', 'https://auth.example', { issuer: 'https://auth.example' }],
    ['ISSUER', 'http://auth.example:8080', { issuer: 'http://auth.example:8080' }],
    ['MONGODB_URI', 'mongodb://localhost', { mongodbUri: 'mongodb://localhost' }],
    ['MONGODB_URI', 'mongodb://u:p%40@a:1,[::1]:2/db?replicaSet=x', {}],
    ['MONGODB_URI', 'mongodb+srv://cluster.example/db', {}],
    ['MONGODB_URI', 'mongodb://%2Ftmp%2Fmongodb-27017.sock/db', {}],
    ['WORKERS', '64', { workers: 64 }],
    ['SIGNING_ALG', 'EdDSA', { signingAlgorithm: 'EdDSA' }],
    ['WALLET_CHALLENGE_TTL', '3600', { walletChallengeTtl: 3_600 }],
    ['AUTHORIZATION_CODE_TTL', '600', { authorizationCodeTtl: 600 }],
    ['ACCESS_TOKEN_TTL', '1', { accessTokenTtl: 1 }],
    ['EVM_RPC_URLS', '1=https://rpc.example/v2/key', { evmRpcUrls: new Map([[1, ['https://rpc.example/v2/key']]]) }],
    [
      'EVM_RPC_URLS',
      '1=https://a.example/x|https://b.example,10=https://c.example',
      {
        evmRpcUrls: new Map([
          [1, ['https://a.example/x', 'https://b.example']],
          [10, ['https://c.example']],
        ]),
      },
    ],
    ['EVM_RPC_URLS', '1=https://a.example, 31337=http://127.0.0.1:8545', {}],
    ['EVM_RPC_URLS', '10=https://a.example,1=https://b.example', { evmChains: [10, 1] }],
    ['EVM_CHAINS', '8453, 1', { evmChains: [8453, 1] }],
    ['SESSION_TTL', '1', { sessionTtl: 1 }],
    ['REFRESH_TOKEN_TTL', '31536000', { refreshTokenTtl: 31_536_000 }],
    ['RATE_LIMIT', 'on', { rateLimit: true }],
    ['TRUST_PROXY', '10.0.0.1, fd00::/8', { trustedProxies: ['10.0.0.1', 'fd00::/8'] }],
    ['ADMIN_TOKEN', 'two-times-sixteen-letters-are-32!', { adminTokens: ['two-times-sixteen-letters-are-32!'] }],
    ['METRICS_TOKEN', 'x'.repeat(32), { metricsToken: 'x'.repeat(32) }],
    ['METRICS_CLIENTS', '0', { metricsClients: 0 }],
    ['KEY_ENCRYPTION_KEYS', key, { keyEncryptionKeys: [new Uint8Array(32).fill(97)] }],
    [
      'KEY_ENCRYPTION_KEYS',
      `${key}, ${otherKey}`,
      { keyEncryptionKeys: [new Uint8Array(32).fill(97), new Uint8Array(32).fill(98)] },
    ],
    ['COMPARISON', 'off', { comparison: false }],
    ['AUDIT_RETENTION_DAYS', '3650', { auditRetentionDays: 3650 }],
    ['AUDIT_MAX_MB', '1', { auditMaxMb: 1 }],
    [
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'http://collector:4318/otlp/',
      {
        tracing: { endpoint: 'http://collector:4318/otlp/', headers: {}, serviceName: 'tessera', ratio: 0.01 },
      },
    ],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=b', { tracing: undefined }],
  ])('given %s=%s, when it is read, then it is taken', (name, value, expected) => {
    expect(loadConfig({ [name]: value })).toMatchObject(expected);
  });

  it.each([
    ['NODE_ENV', 'prod'],
    ['PORT', '0'],
    ['PORT', '65536'],
    ['PORT', '3000.5'],
    ['PORT', '0x1f'],
    ['PORT', ' 3000'],
    ['PORT', '-1'],
    ['HOST', 'a b'],
    ['HOST', '999.1.1.1'],
    ['HOST', 'http://localhost'],
    ['ISSUER', 'auth.example'],
    ['ISSUER', 'https://auth.example/'],
    ['ISSUER', 'https://auth.example/path'],
    ['ISSUER', 'https://auth.example?x'],
    ['ISSUER', 'https://AUTH.example'],
    ['ISSUER', 'https://user@auth.example'],
    ['ISSUER', 'ftp://auth.example'],
    ['ISSUER', 'javascript:alert(1)'],
    ['DATA_DIR', 'a\0b'],
    ['WORKERS', '0'],
    ['WORKERS', '65'],
    ['WORKERS', 'auto'],
    ['SIGNING_ALG', 'none'],
    ['SIGNING_ALG', 'HS256'],
    ['SIGNING_ALG', 'rs256'],
    ['WALLET_CHALLENGE_TTL', '0'],
    ['WALLET_CHALLENGE_TTL', '3601'],
    ['AUTHORIZATION_CODE_TTL', '0'],
    ['AUTHORIZATION_CODE_TTL', '601'],
    ['AUTHORIZATION_CODE_TTL', '1m'],
    ['ACCESS_TOKEN_TTL', '0'],
    ['ACCESS_TOKEN_TTL', '86401'],
    ['EVM_CHAINS', '0'],
    ['EVM_CHAINS', '1,'],
    ['EVM_CHAINS', '1,1'],
    ['EVM_CHAINS', '0x1'],
    ['EVM_CHAINS', '1 10'],
    ['EVM_CHAINS', '9999999999999999'],
    ['SESSION_TTL', '0'],
    ['SESSION_TTL', '31536001'],
    ['REFRESH_TOKEN_TTL', '0'],
    ['REFRESH_TOKEN_TTL', '30d'],
    ['RATE_LIMIT', 'true'],
    ['TRUST_PROXY', 'proxy.example'],
    ['TRUST_PROXY', '10.0.0.0/8/8'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['TRUST_PROXY', '0.0.0.0/0'],
    ['TRUST_PROXY', 'fd00::/129'],
    ['COMPARISON', 'yes'],
    ['AUDIT_RETENTION_DAYS', '0'],
    ['AUDIT_RETENTION_DAYS', '3651'],
    ['AUDIT_RETENTION_DAYS', '1.5'],
    ['AUDIT_MAX_MB', '0'],
    ['AUDIT_MAX_MB', '-1'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.1'],
    ['OTEL_TRACES_SAMPLER_ARG', '-0.1'],
    ['OTEL_TRACES_SAMPLER_ARG', '1%'],
    ['OTEL_TRACES_SAMPLER_ARG', '1e-2'],
    ['OTEL_BSP_SCHEDULE_DELAY', '99'],
    ['OTEL_SERVICE_NAME', 'x'.repeat(101)],
    ['OTEL_SERVICE_NAME', 'tessera\n'],
  ])('given %s=%j, when it is read, then one line names it, its value and what is allowed', (name, value) => {
    const message = refusalOf({ [name]: value });

    expect(message).toMatch(new RegExp(`^${name}: .* is not allowed; allowed: .+$`));
    expect(message).toContain(JSON.stringify(value));
    expect(message).not.toMatch(/[\r\n]/);
  });

  it.each([
    ['ADMIN_TOKEN', 'thirty-one-letters-are-too-few!'],
    ['ADMIN_TOKEN', 'a secret with spaces of thirty-eight lett'],
    ['METRICS_TOKEN', 'x'.repeat(31)],
    ['METRICS_TOKEN', `${'x'.repeat(40)} y`],
    ['KEY_ENCRYPTION_KEYS', 'secret'],
    ['KEY_ENCRYPTION_KEYS', `${key}secret`],
    ['KEY_ENCRYPTION_KEYS', `${key}=`],
    ['KEY_ENCRYPTION_KEYS', key.slice(1)],
    ['KEY_ENCRYPTION_KEYS', `${key},`],
    ['KEY_ENCRYPTION_KEYS', `${key},${otherKey},secret`],
    ['KEY_ENCRYPTION_KEYS', Buffer.alloc(31, 'a').toString('base64url')],
    ['KEY_ENCRYPTION_KEYS', Buffer.alloc(33, 'a').toString('base64url')],
    ['KEY_ENCRYPTION_KEYS', Buffer.alloc(32, 'a').toString('hex')],
    // In base64, whose alphabet means other bytes in base64url; and with spare bits set.
    ['KEY_ENCRYPTION_KEYS', Buffer.alloc(32, 0xff).toString('base64').replace('=', '')],
    ['KEY_ENCRYPTION_KEYS', `${key.slice(0, -1)}Z`],
    ['MONGODB_URI', 'http://user:secret@localhost'],
    ['MONGODB_URI', 'mongodb://user:secret@localhost:99999/db'],
    ['MONGODB_URI', 'mongodb://user:secret@'],
    ['MONGODB_URI', 'mongodb://user:se/cret@localhost/db'],
    ['EVM_RPC_URLS', 'https://rpc.example/secret'],
    ['EVM_RPC_URLS', '1=http://rpc.example/secret'],
    ['EVM_RPC_URLS', '0=https://rpc.example/secret'],
    ['EVM_RPC_URLS', '1=https://rpc.example/secret,'],
    ['EVM_RPC_URLS', '1=https://rpc.example/secret,1=https://other.example/secret'],
    ['EVM_RPC_URLS', '1=file:///secret'],
    ['EVM_RPC_URLS', '1=https://rpc.example/secret|'],
    ['EVM_RPC_URLS', '1=https://rpc.example/secret|http://rpc.example/secret'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'https://name:secret@collector.example'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'https://collector.example/?key=secret'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'grpc://collector.example/secret'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4317/secret'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'secret'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'x-api-key=secret,'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'x-api-key=secret%0d%0aother:%20x'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'x-api-key=secret%zz'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'x api key=secret'],
  ])('given a wrong %s that may hold a secret, when it is read, then the line does not show it', (name, value) => {
    const message = refusalOf({ [name]: value });

    expect(message).toMatch(new RegExp(`^${name}: \\(hidden\\) is not allowed; allowed: .+$`));
    expect(message).not.toContain('secret');
    expect(message).not.toContain(value);
  });

  it('given settings of tracing, when they are read, then the values of the headers are decoded', () => {
    const { tracing } = loadConfig({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example',
      OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Bearer%20one%3D, x-scope = two ',
      OTEL_SERVICE_NAME: 'logins',
      OTEL_TRACES_SAMPLER_ARG: '.25',
      OTEL_BSP_SCHEDULE_DELAY: '200',
    });

    expect(tracing).toEqual({
      endpoint: 'https://collector.example',
      headers: { authorization: 'Bearer one=', 'x-scope': 'two' },
      serviceName: 'logins',
      ratio: 0.25,
      sendEveryMs: 200,
    });
  });

  it.each([
    ['true', true],
    ['TRUE', true],
    ['True', true],
    ['false', false],
    ['1', false],
    ['yes', false],
    [' true', false],
    ['', false],
  ])('given OTEL_SDK_DISABLED=%j beside an endpoint, when it is read, then tracing is off: %s', (value, isOff) => {
    const { tracing } = loadConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', OTEL_SDK_DISABLED: value });

    expect(tracing === undefined).toBe(isOff);
  });

  it('given production and no KEY_ENCRYPTION_KEYS, when it is read, then one line says that it takes one', () => {
    const message = refusalOf({ NODE_ENV: 'production' });

    expect(message).toBe(
      'KEY_ENCRYPTION_KEYS: (none) is not allowed; allowed: keys of 32 bytes in base64url separated by commas, in production at least one',
    );
  });

  it('given several that are wrong, when they are read, then one line names one of them', () => {
    expect(refusalOf({ PORT: 'x', WORKERS: 'x', ISSUER: 'x' }).split(' is not allowed')).toHaveLength(2);
  });

  it.each(['http://auth.example', 'http://127.0.0.1.example', 'http://localhost.example'])(
    'given production and the issuer %s, when it is read, then it is refused',
    (issuer) => {
      expect(refusalOf({ ...production, ISSUER: issuer })).toMatch(/^ISSUER: /);
    },
  );

  it.each(['https://auth.example', 'http://localhost:3000', 'http://127.0.0.1', 'http://[::1]:8080'])(
    'given production and the issuer %s, when it is read, then it is taken',
    (issuer) => {
      expect(loadConfig({ ...production, ISSUER: issuer }).issuer).toBe(issuer);
    },
  );
});

function refusalOf(env: Readonly<Record<string, string>>): string {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('it was taken');
}
