/** ConnectKit: its button connects and logs in. */
import { QueryClientProvider } from '@tanstack/react-query';
import { connectKitSiwe } from '@tessera/client/wallet/connectkit';
import { ConnectKitButton, ConnectKitProvider, SIWEProvider } from 'connectkit';
import { createRoot } from 'react-dom/client';
import { WagmiProvider } from 'wagmi';
import { session } from '../src/tessera';
import { config, queries } from '../src/wagmi';
import { showSession } from './page';

showSession();
createRoot(document.body.appendChild(document.createElement('main'))).render(
  <WagmiProvider config={config}>
    <QueryClientProvider client={queries}>
      <SIWEProvider {...connectKitSiwe(session)}>
        <ConnectKitProvider options={{ enforceSupportedChains: false }}>
          <ConnectKitButton />
        </ConnectKitProvider>
      </SIWEProvider>
    </QueryClientProvider>
  </WagmiProvider>,
);
