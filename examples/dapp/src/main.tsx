import '@rainbow-me/rainbowkit/styles.css';
import './style.css';
import {
  ConnectButton,
  createAuthenticationAdapter,
  RainbowKitAuthenticationProvider,
  RainbowKitProvider,
} from '@rainbow-me/rainbowkit';
import { QueryClientProvider } from '@tanstack/react-query';
import { rainbowKitAuthentication } from '@tessera/client/wallet/rainbowkit';
import { StrictMode, useEffect, useState, useSyncExternalStore } from 'react';
import { createRoot } from 'react-dom/client';
import { WagmiProvider } from 'wagmi';
import { client, session } from './tessera';
import { config, queries } from './wagmi';

const adapter = createAuthenticationAdapter(rainbowKitAuthentication(session));

function App() {
  const { status, error } = useSyncExternalStore(session.subscribe, session.getSnapshot);
  return (
    <WagmiProvider config={config}>
      <QueryClientProvider client={queries}>
        <RainbowKitAuthenticationProvider adapter={adapter} status={status}>
          <RainbowKitProvider>
            <ConnectButton showBalance={false} />
            {status === 'authenticated' && <Me />}
            {error && (
              <p role="alert">
                {error.message}. {error.advice}
              </p>
            )}
          </RainbowKitProvider>
        </RainbowKitAuthenticationProvider>
      </QueryClientProvider>
    </WagmiProvider>
  );
}

/** What an API says about whoever has the token. */
function Me() {
  const [me, setMe] = useState<{ sub: string }>();
  useEffect(() => {
    client
      .fetch(`${ISSUER}/api/me`)
      .then((response) => response.json())
      .then(setMe, session.report);
  }, []);
  return me && <p role="status">Logged in as {me.sub}</p>;
}

createRoot(document.body.appendChild(document.createElement('main'))).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
