import type { Answer, Connection } from './connection';

/** One of the two logins, as its client performs it: `Party` is who logs in, `Proof` what redeems a challenge. */
export interface LoginModel<Party, Proof> {
  /** Somebody who can log in from now on: a browser with a session, or a wallet. */
  arrive(connection: Connection): Promise<Party>;
  /** The first request of a login: a challenge, and what redeems it. Throws: {@link Refused}. */
  begin(connection: Connection, party: Party): Promise<Proof>;
  /** The second request: 200 and an access token for a right proof of a challenge that is not spent. */
  redeem(connection: Connection, proof: Proof): Promise<Answer>;
  /** The same, as of somebody who has neither the verifier nor the key. */
  forged(proof: Proof): Proof;
}

/** An answer that is not the one that a login needs. */
export class Refused extends Error {
  constructor(step: string, { status, headers, body }: Answer) {
    super(`${step}: ${status} ${headers.get('location') ?? ''} ${body.slice(0, 300)}`);
  }
}

/** A whole login. Throws: {@link Refused}. */
export async function logIn<Party, Proof>(
  model: LoginModel<Party, Proof>,
  connection: Connection,
  party: Party,
): Promise<void> {
  const answer = await model.redeem(connection, await model.begin(connection, party));
  if (answer.status !== 200 || !answer.body.includes('"access_token"')) throw new Refused('redeem', answer);
}
