import { assertSingleUse } from './checks';
import { Crowd, type Load, type LoadResult } from './load';
import type { LoginModel } from './login-model';
import { type OAuthClient, PkceLogin } from './pkce';
import { PushedLogin } from './pushed';
import { WalletLogin } from './wallet';

/** A load as it is handed to the client's process: the login, by its name, and for OAuth the client and the scope that is asked for. */
export interface LoadOrder extends Load {
  readonly model: 'pkce' | 'pushed' | 'wallet';
  readonly client: OAuthClient;
  readonly scope: string;
}

export interface Orders {
  readonly loads: readonly LoadOrder[];
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly rounds: number;
}

/** The loads in turn, when all have warmed up, every other round in the other direction; the rounds of each. */
async function main({ loads, warmUpSeconds, seconds, rounds }: Orders): Promise<LoadResult[][]> {
  const wallets = await WalletLogin.load();
  const running = [];
  for (const load of loads) {
    const crowd = await gather(load, wallets);
    await crowd.logIn(warmUpSeconds);
    running.push({ crowd, results: [] as LoadResult[] });
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const { crowd, results } of running) results.push(await crowd.logIn(seconds));
    running.reverse();
  }
  if (rounds % 2 === 1) running.reverse();
  return running.map(({ results }) => results);
}

async function gather(load: LoadOrder, wallets: WalletLogin) {
  const { model, client, scope, accountsEach = 1 } = load;
  switch (model) {
    case 'pkce':
      return checked(new PkceLogin(client, scope, accountsEach > 1 ? wallets : undefined), load);
    case 'pushed':
      return checked(new PushedLogin(client, scope), load);
    case 'wallet':
      return checked(wallets, load);
  }
}

async function checked<Party, Proof>(model: LoginModel<Party, Proof>, load: LoadOrder) {
  await assertSingleUse(model, load.url);
  return Crowd.gather(model, load);
}

main(JSON.parse(process.argv[2] ?? '') as Orders).then(
  (result) => process.stdout.write(JSON.stringify(result)),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 1;
  },
);
