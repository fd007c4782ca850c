import type { BrowserContext } from 'playwright-core';
import { type Hex, hexToString } from 'viem';
import { type Account, newAccount } from '../clients/wallet';

/** A wallet of a browser extension, with real keys; it asks nobody. */
export interface ExtensionWallet {
  /** That is connected. */
  readonly account: Account;
  /** What it signs with: another key than the account's would be somebody else's signature. */
  signer: Account | undefined;
  /** Whether its owner refuses to sign. */
  refuses: boolean;
  /** The methods that it was asked for since they were looked at last. */
  asked(): string[];
  /** Its owner chooses another account, as the pages see it. */
  choose(account: Account): Promise<void>;
}

/** Puts a wallet into every page of the context, which remembers its owner's consent. Source: EIP-1193; EIP-6963. */
export async function installWallet(context: BrowserContext, name: string): Promise<ExtensionWallet> {
  let account = newAccount();
  let asked: string[] = [];
  let isConnected = false;
  const wallet: ExtensionWallet = {
    get account() {
      return account;
    },
    signer: undefined,
    refuses: false,
    asked: () => asked.splice(0),
    async choose(chosen) {
      account = chosen;
      const accounts = [chosen.address.toLowerCase()];
      await Promise.all(
        context
          .pages()
          .map((page) =>
            page.evaluate((detail) => window.dispatchEvent(new CustomEvent('chosen', { detail })), accounts),
          ),
      );
    },
  };
  const answers: Record<string, (params: never) => unknown> = {
    eth_requestAccounts: () => {
      isConnected = true;
      return [account.address.toLowerCase()];
    },
    eth_accounts: () => (isConnected ? [account.address.toLowerCase()] : []),
    eth_chainId: () => '0x1',
    wallet_revokePermissions: () => {
      isConnected = false;
      return null;
    },
    personal_sign: ([message]: [Hex]) => {
      if (wallet.refuses) return { error: { code: 4001, message: 'User rejected the request.' } };
      return (wallet.signer ?? account).signMessage({ message: hexToString(message) });
    },
  };
  await context.exposeFunction('askWallet', async (method: string, params: never) => {
    asked.push(method);
    const answer = answers[method];
    return answer === undefined ? { error: { code: 4200, message: 'unsupported' } } : answer(params);
  });
  await context.addInitScript((label) => {
    const ask = Reflect.get(window, 'askWallet') as (method: string, params: unknown) => Promise<unknown>;
    const provider = {
      async request({ method, params }: { method: string; params?: unknown }) {
        const answer = await ask(method, params);
        const { error } = (answer ?? {}) as { error?: { message: string; code: number } };
        if (error !== undefined) throw Object.assign(new Error(error.message), { code: error.code });
        return answer;
      },
      on: (event: string, listener: (accounts: unknown) => void) => {
        if (event === 'accountsChanged')
          window.addEventListener('chosen', ({ detail }: Event & { detail?: unknown }) => listener(detail));
      },
      removeListener: () => undefined,
    };
    const image = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4" fill="#e2761b"/></svg>')}`;
    const info = { uuid: '350670db-19fa-4704-a166-e52e178b59d2', name: label, icon: image, rdns: 'example.wallet' };
    const detail = Object.freeze({ info, provider });
    const announce = () => window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }));
    window.addEventListener('eip6963:requestProvider', announce);
    announce();
  }, name);
  return wallet;
}
