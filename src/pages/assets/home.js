import { refreshFigures } from './home-figures.js';
import { offerPkceLogin } from './home-pkce.js';
import { offerRuns } from './home-run.js';
import { offerWalletLogin } from './home-wallet.js';

if (document.querySelector('#run') !== null) offerRuns(refreshFigures);
if (document.querySelector('#by-hand') !== null) {
  offerPkceLogin();
  offerWalletLogin();
}
