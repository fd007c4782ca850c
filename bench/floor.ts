import { createHash, randomBytes } from 'node:crypto';
import { parse } from 'node:querystring';
import Fastify from 'fastify';
import { generateKeyPair, SignJWT } from 'jose';
import { open } from 'lmdb';
import { engine as hashEngine } from 'ox/wasm/Hash';
import { engine as curveEngine } from 'ox/wasm/Secp256k1';

interface Challenge {
  readonly account: string;
  /** What the proof must hash to, or the message that must be signed. */
  readonly bound: string;
  readonly expiresAt: number;
}

type Fields = Readonly<Record<string, string | undefined>>;

const challengeMs = 60_000;

/**
 * The floor: both logins on the service's own parts (Fastify, LMDB, jose, ox), with its promises (durable commits, hashed
 * secrets, single use) and without anything else. It is a measure: what changes in it changes every ratio to it.
 */
async function main(port: number, directory: string): Promise<void> {
  const issuer = `http://localhost:${port}`;
  const root = open({ path: directory, overlappingSync: false, eventTurnBatching: false });
  const challenges = root.openDB<Challenge, string>({ name: 'challenges' });
  const grants = root.openDB<object, string>({ name: 'grants' });
  const [hash, curve] = [await hashEngine(), await curveEngine()];
  const { privateKey } = await generateKeyPair('ES256');

  /** The answer with a token, for the one who finds the challenge and is right about it. */
  async function redeem(id: string, isProven: (challenge: Challenge) => boolean): Promise<object> {
    const challenge = challenges.get(id);
    if (challenge === undefined || challenge.expiresAt <= Date.now() || !isProven(challenge)) return refuse();
    const grant = { ...challenge, createdAt: Date.now() };
    // A record never changes under its id, so what was proven is what is removed; of many, one finds it there.
    const won = await root.transaction(() => challenges.removeSync(id) && grants.putSync(sha256(id), grant));
    if (won === false) return refuse();
    const iat = Math.floor(Date.now() / 1000);
    const claims = { iss: issuer, sub: challenge.account, aud: issuer, iat, exp: iat + 900, jti: newSecret() };
    const header = { alg: 'ES256', typ: 'at+jwt', kid: 'floor' };
    const token = await new SignJWT(claims).setProtectedHeader(header).sign(privateKey);
    return { access_token: token, token_type: 'Bearer', expires_in: 900 };
  }

  /** The account that signed the message, as 40 hex digits. Source: EIP-191 version 0x45. */
  function signerOf(message: string, signature: string): string {
    const [bytes, text] = [Buffer.from(signature.slice(2), 'hex'), Buffer.from(message)];
    const digest = hash.keccak256(Buffer.concat([Buffer.from(`\x19Ethereum Signed Message:\n${text.length}`), text]));
    const publicKey = curve.recoverPublicKey(
      Buffer.concat([Uint8Array.of(bytes[64]! - 27), bytes.subarray(0, 64)]),
      digest,
    );
    return Buffer.from(hash.keccak256(publicKey.subarray(1)).subarray(12)).toString('hex');
  }

  const server = Fastify({ routerOptions: { querystringParser: (query) => parse(query) } });
  server.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, parse(String(body)));
  });
  process.on('SIGTERM', () => process.exit(0));

  server.get('/health/ready', async () => ({ status: 'ok' }));
  // A session is no part of a login that is measured.
  server.get('/login', async (_request, reply) => reply.type('text/html').send('<form method="post"></form>'));
  server.post('/login', async (_request, reply) => reply.header('set-cookie', 'session=1; Path=/').redirect('/', 303));

  server.get('/authorize', async ({ query }, reply) => {
    const { redirect_uri: redirectUri, code_challenge: bound = '', state = '' } = query as Fields;
    const code = newSecret();
    await challenges.put(sha256(code), { account: 'user0', bound, expiresAt: Date.now() + challengeMs });
    return reply.redirect(`${redirectUri}?code=${code}&state=${state}`, 303);
  });
  server.post('/token', async ({ body }) => {
    const { code = '', code_verifier: verifier = '' } = body as Fields;
    return redeem(sha256(code), ({ bound }) => bound === sha256(verifier));
  });

  server.post('/wallet/challenge', async ({ body }, reply) => {
    const { address = '' } = body as Fields;
    const nonce = randomBytes(16).toString('hex');
    const message = `${issuer} wants you to sign in with your Ethereum account:\n${address}\n\n\nURI: ${issuer}\nVersion: 1\nChain ID: 1\nNonce: ${nonce}`;
    await challenges.put(nonce, { account: address, bound: message, expiresAt: Date.now() + challengeMs });
    return reply.code(201).send({ nonce, message });
  });
  server.post('/wallet/verify', async ({ body }) => {
    const { nonce = '', signature = '' } = body as Fields;
    return redeem(nonce, ({ bound, account }) => signerOf(bound, signature) === account.slice(2));
  });
  await server.listen({ port, host: '127.0.0.1' });
}

function refuse(): never {
  throw Object.assign(new Error('refused'), { statusCode: 400 });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

void main(Number(process.env['PORT']), process.env['DATA_DIR'] ?? '');
