import { errorOf, type Fetch, isMembers, type Members } from '../answer.ts';
import type { ClientOptions } from '../client-options.ts';
import { TesseraError } from '../errors.ts';
import { Requests } from '../requests.ts';
import { walletAdvice } from './wallet-error.ts';

type WalletServiceOptions = Pick<ClientOptions, 'issuer' | 'clientId' | 'dpop' | 'fetch'>;

/**
 * How often a signature is sent again while a node of its chain is unavailable or the connection is lost, and the pause in
 * seconds: as long as the service says, up to a limit, or until a phone returning from its wallet is online.
 */
const retries = { atMost: 2, seconds: 5, reconnecting: 1 };

/** The endpoints of the wallet model. Source: docs/http-api.md, section Wallet model. */
export function createWalletService(options: WalletServiceOptions) {
  const fetch: Fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  // Only the redemption returns tokens, so only it carries a DPoP proof. Source: RFC 9449 §5.
  const proven = new Requests(options, fetch);
  const unproven = new Requests({ ...options, dpop: undefined }, fetch);

  async function send(requests: Requests, path: string, body: Members): Promise<WalletAnswer> {
    const url = options.issuer + path;
    const response = await requests.proven({ method: 'POST', url }, (proof) => ({
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(proof !== undefined && { dpop: proof }) },
      body: JSON.stringify(body),
      // A redirect would carry the signature to its target.
      redirect: 'error',
      credentials: 'omit',
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
    }));
    return { answer: await answerOf(response, body), response };
  }

  return {
    post: async (path: string, body: Members): Promise<Members> => (await send(unproven, path, body)).answer,
    /** Retries while a node of the account's chain is unavailable or the connection is lost, and `isInTime`. */
    async redeem(body: Members, isInTime: () => boolean): Promise<WalletAnswer> {
      for (let tries = 0; ; tries += 1) {
        try {
          return await send(proven, '/wallet/verify', body);
        } catch (error) {
          const seconds = secondsUntilRetry(error);
          if (seconds === undefined || seconds > retries.seconds || tries >= retries.atMost || !isInTime()) throw error;
          await later(seconds);
        }
      }
    },
  };
}

/** A response with its members. */
interface WalletAnswer {
  readonly answer: Members;
  readonly response: Response;
}

/** Undefined when a retry cannot help. */
function secondsUntilRetry(error: unknown): number | undefined {
  if (!(error instanceof TesseraError)) return undefined;
  if (error.code === 'service_unreachable') return retries.reconnecting;
  return error.status === 503 ? error.retryAfter : undefined;
}

function later(seconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, seconds * 1000);
  });
}

/** The members of the response; an error loses everything that was sent, since a malicious service may repeat the signature. */
async function answerOf(response: Response, sent: Members): Promise<Members> {
  const body = await bodyOf(response);
  if (response.ok && body !== undefined) return body;
  const { status } = response;
  if (response.ok) throw new TesseraError('answer_invalid', 'The answer is not a JSON object', { status });
  const secrets = [sent['signature'], sent['codeVerifier'], sent['message']].filter((each) => typeof each === 'string');
  const safe = Object.entries(body ?? {}).filter(
    ([, value]) => typeof value === 'string' && !secrets.some((secret) => value.includes(secret)),
  );
  throw errorOf(response, Object.fromEntries(safe), walletAdvice);
}

/** Undefined when it is no JSON object, or incomplete. */
async function bodyOf(response: Response): Promise<Members | undefined> {
  try {
    const body: unknown = await response.json();
    return isMembers(body) ? body : undefined;
  } catch {
    return undefined;
  }
}
