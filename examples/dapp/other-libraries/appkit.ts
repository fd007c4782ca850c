/**
 * Reown AppKit by its controllers, as its dialogs call them; those ask servers of Reown. A dApp has
 * `createAppKit({ …, siwx: appKitSiwx(session) })` instead. The client has `wallet_message: wallet`.
 */
import { type CaipNetwork } from '@reown/appkit-common';
import {
  ChainController,
  ConnectionController,
  type ConnectionControllerClient,
  OptionsController,
  SIWXUtil,
} from '@reown/appkit-controllers';
import { appKitSiwx } from '@tessera/client/wallet/appkit';
import type UniversalProvider from '@walletconnect/universal-provider';
import { formatMessage } from '@walletconnect/utils';
import { connect, getAccount, signMessage } from 'wagmi/actions';
import { mainnet } from 'wagmi/chains';
import { session } from '../src/tessera';
import { config } from '../src/wagmi';
import { button, showSession } from './page';

const network: CaipNetwork = { ...mainnet, chainNamespace: 'eip155', caipNetworkId: 'eip155:1' };

const sign = (message: string) => signMessage(config, { message });
const client = { signMessage: sign, disconnect: () => session.signOut() } as ConnectionControllerClient;
ConnectionController.setClient(client);
ChainController.initialize([{ namespace: 'eip155' }], [network], { connectionControllerClient: client });
ChainController.setActiveCaipNetwork(network);
OptionsController.setSIWX(appKitSiwx(session));

/** The wallet of the page, in the place of one that WalletConnect reaches by its relay. */
async function connected(): Promise<string> {
  const { address } = getAccount(config);
  if (address !== undefined) return address;
  const [connector] = config.connectors;
  if (connector === undefined) throw new Error('There is no wallet');
  const { accounts } = await connect(config, { connector });
  return accounts[0];
}

showSession();
button('Connect and sign', async () => {
  const address = await connected();
  ChainController.setChainAccountData('eip155', { address, caipAddress: `eip155:1:${address}` });
  await SIWXUtil.requestSignMessage();
  document.title = (await SIWXUtil.isAuthenticated()) ? 'authenticated' : 'not authenticated';
});
button('Sign in one go', async () => {
  const address = await connected();
  const iss = `did:pkh:eip155:1:${address}`;
  const universalProvider = {
    /** Source: CAIP-122; the WalletConnect wallet writes the message. */
    async authenticate({
      chains: _chains,
      methods: _methods,
      ...asked
    }: Parameters<UniversalProvider['authenticate']>[0]) {
      const request = { ...asked, aud: asked.uri, iss, iat: new Date().toISOString(), version: '1' };
      const signature = await sign(formatMessage(request, iss));
      return {
        session: { peer: { metadata: { name: 'A phone', icons: [] } } },
        auths: [{ h: { t: 'caip122' }, p: request, s: { t: 'eip191', s: signature } }],
      };
    },
    client: {
      formatAuthMessage: ({ request, iss: of }: { request: Parameters<typeof formatMessage>[0]; iss: string }) =>
        formatMessage(request, of),
    },
  };
  await SIWXUtil.universalProviderAuthenticate({
    universalProvider: universalProvider as unknown as UniversalProvider,
    chains: ['eip155:1'],
    methods: ['personal_sign'],
  });
});
button('Sign out', () => SIWXUtil.clearSessions());
