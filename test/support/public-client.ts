import { createHash, randomBytes } from 'node:crypto';

/** A public client's login by hand: fresh secrets, the URL that it opens, and the redemption of what comes back. */
export class PublicClientLogin {
  private readonly verifier = randomBytes(32).toString('base64url');
  private readonly state = randomBytes(16).toString('base64url');

  constructor(
    private readonly issuer: string,
    private readonly clientId: string,
    private readonly redirectUri: string,
  ) {}

  /** The authorization request; `extra` adds parameters or replaces some. */
  url(extra: Readonly<Record<string, string>> = {}): string {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: this.clientId,
      redirect_uri: this.redirectUri,
      scope: 'openid profile',
      state: this.state,
      code_challenge: createHash('sha256').update(this.verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...extra,
    });
    return `${this.issuer}/authorize?${query}`;
  }

  /** The parameters that came back, once their state is the one that was sent. */
  answer(callbackUrl: string): URLSearchParams {
    const { searchParams } = new URL(callbackUrl);
    if (searchParams.get('state') !== this.state) throw new Error('the state is not ours');
    return searchParams;
  }

  /** Redeems the code of the callback and asks `/api/me` whose token it gave. */
  async whoIs(callbackUrl: string): Promise<unknown> {
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: this.clientId,
      redirect_uri: this.redirectUri,
      code: this.answer(callbackUrl).get('code') ?? '',
      code_verifier: this.verifier,
    });
    const tokens = (await (await fetch(`${this.issuer}/token`, { method: 'POST', body })).json()) as {
      access_token?: string;
    };
    const headers = { authorization: `Bearer ${tokens.access_token}` };
    return (await fetch(`${this.issuer}/api/me`, { headers })).json();
  }
}
