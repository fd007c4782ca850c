import { HttpClient } from './http-client';
import { type LoginReport, played } from './login-steps';
import { logInWithPkce, type PkceLogin } from './pkce-login';
import { logInWithWallet, type WalletLogin } from './wallet-login';

export interface ProbeRequest {
  /** An origin. */
  readonly issuer: string;
  readonly pkce?: PkceLogin;
  readonly wallet?: WalletLogin;
  /** Milliseconds for all of it. */
  readonly timeoutMs: number;
}

export interface ProbeReport {
  readonly issuer: string;
  /** Milliseconds since the epoch. */
  readonly begunAt: number;
  readonly logins: readonly LoginReport[];
}

/** Plays a login of each model that is asked for, one after the other, as any client outside of the server would. */
export async function probe({ issuer, pkce, wallet, timeoutMs }: ProbeRequest, begunAt: number): Promise<ProbeReport> {
  const http = new HttpClient(issuer, AbortSignal.timeout(timeoutMs));
  const logins: LoginReport[] = [];
  if (pkce) logins.push(await played('pkce', (take, cleanups) => logInWithPkce(http, pkce, take, cleanups)));
  if (wallet) logins.push(await played('wallet', (take, cleanups) => logInWithWallet(http, wallet, take, cleanups)));
  return { issuer, begunAt, logins };
}
