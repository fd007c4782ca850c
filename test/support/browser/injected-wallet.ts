import type { BrowserContext } from 'playwright-core';
import { type Hex, hexToString } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';

/** Whose account a wallet holds, and how it signs a text. */
export interface WalletAccount {
  readonly address: string;
  readonly sign: (message: string) => Hex | Promise<Hex>;
}

export interface InjectedWallet {
  readonly name: string;
  /** How the wallet makes itself known: by EIP-6963, or only as `window.ethereum`. */
  readonly as: 'announced' | 'window.ethereum';
  readonly chainId?: number;
  /** The error code with which the end-user or the wallet refuses `personal_sign`. */
  readonly refusesWith?: number;
  /** A fresh key's by default. */
  readonly account?: WalletAccount;
}

const icon = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4" fill="#e2761b"/></svg>')}`;

/** Puts a wallet into every page of the context, as an extension does. Source: EIP-1193, EIP-6963. */
export async function injectWallet(context: BrowserContext, wallet: InjectedWallet): Promise<WalletAccount> {
  const account = wallet.account ?? keyAccount();
  const signer = `sign_with_${account.address}`;
  await context.exposeFunction(signer, (raw: Hex) => account.sign(hexToString(raw)));
  await context.addInitScript(
    ({ name, as, chainId, refusesWith, address, sign, image }) => {
      const provider = {
        async request({ method, params }: { method: string; params?: string[] }): Promise<unknown> {
          if (method === 'eth_requestAccounts') return [address];
          if (method === 'eth_chainId') return `0x${chainId.toString(16)}`;
          if (method !== 'personal_sign') throw Object.assign(new Error('unsupported'), { code: 4200 });
          if (refusesWith !== undefined) throw Object.assign(new Error('refused'), { code: refusesWith });
          const signWithKey = Reflect.get(window, sign) as (raw: string) => Promise<string>;
          return signWithKey(params?.[0] ?? '');
        },
      };
      if (as === 'window.ethereum') return void Reflect.set(window, 'ethereum', provider);
      const info = { uuid: sign, name, icon: image, rdns: 'example.wallet' };
      const announce = () =>
        window.dispatchEvent(
          new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider }) }),
        );
      window.addEventListener('eip6963:requestProvider', announce);
      announce();
    },
    {
      name: wallet.name,
      as: wallet.as,
      chainId: wallet.chainId ?? 1,
      refusesWith: wallet.refusesWith,
      address: account.address.toLowerCase(),
      sign: signer,
      image: icon,
    },
  );
  return account;
}

function keyAccount(): WalletAccount {
  const account = privateKeyToAccount(generatePrivateKey());
  return { address: account.address, sign: (message) => account.signMessage({ message }) };
}
