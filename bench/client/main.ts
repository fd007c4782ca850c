import { assertSingleUse } from './checks';
import { type Load, type LoadResult, measure } from './load';
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

async function main(order: LoadOrder): Promise<LoadResult> {
  const { model, client, scope } = order;
  switch (model) {
    case 'pkce':
      return run(new PkceLogin(client, scope), order);
    case 'pushed':
      return run(new PushedLogin(client, scope), order);
    case 'wallet':
      return run(await WalletLogin.load(), order);
  }
}

async function run<Party, Proof>(model: LoginModel<Party, Proof>, order: LoadOrder): Promise<LoadResult> {
  await assertSingleUse(model, order.url);
  return measure(model, order);
}

main(JSON.parse(process.argv[2] ?? '') as LoadOrder).then(
  (result) => process.stdout.write(JSON.stringify(result)),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 1;
  },
);
