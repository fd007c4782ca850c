import { MutationCache, QueryClient } from '@tanstack/react-query';
import { createConfig, injected, unstable_connector } from 'wagmi';
import { base, mainnet } from 'wagmi/chains';
import { session } from './tessera';

/** Wallets that browser extensions put into the page (EIP-6963). The chain is read through them: nobody else learns the account. */
export const config = createConfig({
  chains: [mainnet, base],
  transports: { [mainnet.id]: unstable_connector(injected), [base.id]: unstable_connector(injected) },
});

/** What wagmi's hooks throw, RainbowKit catches and does not tell: a signature that was refused, for example. */
export const queries = new QueryClient({ mutationCache: new MutationCache({ onError: session.report }) });
