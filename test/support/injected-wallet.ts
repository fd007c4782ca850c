import type { BrowserContext } from 'playwright-core';
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';

export interface InjectedWallet {
  readonly name: string;
  /** How the wallet makes itself known: by EIP-6963, or only as `window.ethereum`. */
  readonly as: 'announced' | 'window.ethereum';
  readonly chainId?: number;
  /** The error code with which the end-user or the wallet refuses `personal_sign`. */
  readonly refusesWith?: number;
}

const icon = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4" fill="#e2761b"/></svg>')}`;

/** Puts a wallet with a real key into every page of the context, as an extension does. Source: EIP-1193, EIP-6963. */
export async function injectWallet(context: BrowserContext, wallet: InjectedWallet): Promise<PrivateKeyAccount> {
  const account = privateKeyToAccount(generatePrivateKey());
  const signer = `sign_with_${account.address}`;
  await context.exposeFunction(signer, (raw: `0x${string}`) => account.signMessage({ message: { raw } }));
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
