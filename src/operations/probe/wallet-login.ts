import * as Address from 'ox/Address';
import * as Hex from 'ox/Hex';
import * as PersonalMessage from 'ox/PersonalMessage';
import * as Secp256k1 from 'ox/Secp256k1';
import * as Signature from 'ox/Signature';
import * as z from 'zod';
import { discover } from './discovery';
import type { HttpClient } from './http-client';
import type { Cleanups, TakeStep } from './login-steps';
import { StepError, unexpected } from './step-error';
import { revoke, tokensIn, useToken, verifiedSubject } from './tokens';

export interface WalletLogin {
  readonly clientId: string;
  /** The origin that the message must name; absent: any, which agrees with itself. */
  readonly origin?: string;
}

const challengeSchema = z.object({ nonce: z.string().min(8), message: z.string() });
type Challenge = z.infer<typeof challengeSchema>;

/** A whole login by the signature of a key that is made for it, and its end. Throws: StepError, UnreachableError. */
export async function logInWithWallet(
  http: HttpClient,
  login: WalletLogin,
  take: TakeStep,
  cleanups: Cleanups,
): Promise<void> {
  const server = await take('discovery', () => discover(http));
  const { privateKey, publicKey } = Secp256k1.createKeyPair();
  const address = Address.fromPublicKey(publicKey, { checksum: true });
  const { clientId } = login;

  const challenge = await take('challenge', async () => {
    // For this server, whatever API is the client's default.
    const json = { address, clientId, resourceIndicators: [server.issuer] };
    const answer = await http.send('/wallet/challenge', { json });
    const issued = challengeSchema.safeParse(answer.json).data;
    if (answer.status !== 201 || issued === undefined) throw unexpected(answer, 'a challenge');
    return issued;
  });
  const signature = await take('sign', async () => {
    assertMeant(challenge, address, login.origin);
    const payload = PersonalMessage.getSignPayload(Hex.fromString(challenge.message));
    return Signature.toHex(Secp256k1.sign({ payload, privateKey }));
  });
  const tokens = await take('verify', async () =>
    tokensIn(await http.send('/wallet/verify', { json: { nonce: challenge.nonce, signature } })),
  );
  const end = async () => revoke(http, server, tokens, { headers: {}, form: { client_id: clientId } });
  cleanups.add(end);
  const sub = await take('check', () => verifiedSubject(server, tokens, { clientId }));
  await take('resource', () => useToken(http, tokens, sub));
  await take('revoke', end);
}

/** What a wallet shows and a careful end-user reads before signing. Throws: {@link StepError}. Source: EIP-4361. */
function assertMeant({ nonce, message }: Challenge, address: string, origin: string | undefined): void {
  const [first = '', second = ''] = message.split('\n');
  const [, scheme = 'https://', domain] =
    /^([a-z][a-z\d+.-]*:\/\/)?(\S+) wants you to sign in with your Ethereum account:$/.exec(first) ?? [];
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(message)?.[1] ?? '';
  const uri = field('URI');
  if (domain === undefined) throw new StepError('the message does not begin as EIP-4361 says');
  if (!URL.canParse(uri) || new URL(uri).origin !== scheme + domain)
    throw new StepError('the URI is of another domain');
  if (origin !== undefined && scheme + domain !== origin) throw new StepError('the message is of another domain');
  if (second !== address) throw new StepError('the message is for another address');
  if (field('Nonce') !== nonce) throw new StepError('the message has another nonce');
}
