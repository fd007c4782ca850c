import { Connection } from './connection';
import type { LoginModel } from './login-model';

const racers = 8;
const races = 10;

/**
 * What must hold before a server is worth measuring: a right proof is taken once, a wrong one never, and of eight that
 * redeem one challenge at once exactly one gets tokens, ten times over. Throws: Error, with what does not.
 */
export async function assertSingleUse<Party, Proof>(model: LoginModel<Party, Proof>, url: string): Promise<void> {
  const connections = await Promise.all(Array.from({ length: racers }, () => Connection.open(url)));
  const [first] = connections;
  if (first === undefined) throw new Error('no connection');
  const party = await model.arrive(first);

  const proof = await model.begin(first, party);
  const forged = await model.redeem(first, model.forged(proof));
  if (forged.status < 400) throw new Error(`a wrong proof was taken: ${forged.status}`);

  const right = await model.begin(first, party);
  const redeemed = await model.redeem(first, right);
  if (redeemed.status !== 200) throw new Error(`a right proof was refused: ${redeemed.status} ${redeemed.body}`);
  const replayed = await model.redeem(first, right);
  if (replayed.status < 400) throw new Error(`a replay was taken: ${replayed.status}`);

  for (let race = 0; race < races; race += 1) {
    const contested = await model.begin(first, party);
    const answers = await Promise.all(connections.map((connection) => model.redeem(connection, contested)));
    const winners = answers.filter(({ status }) => status === 200).length;
    if (winners !== 1) throw new Error(`of ${racers} at once ${winners} got tokens`);
  }
  for (const connection of connections) connection.close();
}
