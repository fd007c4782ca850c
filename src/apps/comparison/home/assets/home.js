import { offerAblation } from './home-ablation.js';
import { refreshFigures } from './home-figures.js';
import { offerPkceLogin } from './home-pkce.js';
import { offerWalletLogin } from './home-wallet.js';

// Where runs are switched off there is no form to bring to life.
if (document.querySelector('#run') !== null) {
  const { offerRuns } = await import('./home-run.js');
  offerRuns(refreshFigures);
}

offerAblation();

const otherOrigin = document.querySelector('#other-origin');
if (otherOrigin !== null) {
  // A redirect URI and a SIWE domain are compared as strings: another name of the same machine is another client.
  const isRegisteredHere = otherOrigin.dataset.origin === location.origin;
  otherOrigin.hidden = isRegisteredHere;
  if (isRegisteredHere) {
    offerPkceLogin();
    offerWalletLogin();
  }
}
