/** wagmi without a library of dialogs: its actions, which its hooks call as well. */
import { connectedAccount, connectorWallet } from '@tessera/client/wallet/wagmi';
import { connect, disconnect, getAccount, getConnectors, signMessage } from 'wagmi/actions';
import { session } from '../src/tessera';
import { config } from '../src/wagmi';
import { button, showSession } from './page';

showSession();
for (const connector of getConnectors(config)) {
  // With EIP-1193 alone: it connects and signs.
  button(`Log in with ${connector.name}`, () => session.signIn(connectorWallet(connector)));
  button(`Connect ${connector.name}`, () => connect(config, { connector }));
}
button('Log in', () => session.signIn(connectedAccount(getAccount(config), (message) => signMessage(config, message))));
button('Log out', async () => {
  await session.signOut();
  await disconnect(config);
});
