/**
 * Links that open a page in the browser that a wallet of a phone has built in, for phones whose own browser has no wallet.
 * They are the wallets' published ones; following one is a person's own decision, and nothing is fetched before.
 */
const links = {
  // Source: docs.metamask.io, Use deeplinks: the URL without its scheme, as it is.
  MetaMask: (url) => `https://link.metamask.io/dapp/${url.replace(/^https?:\/\//, '')}`,
  // Source: docs.cdp.coinbase.com, Coinbase Wallet, Mobile dapp integration.
  'Coinbase Wallet': (url) => `https://go.cb-w.com/dapp?cb_url=${encodeURIComponent(url)}`,
  // 60 is Ethereum. Source: developer.trustwallet.com, Deep Linking; SLIP-44.
  'Trust Wallet': (url) => `https://link.trustwallet.com/open_url?coin_id=60&url=${encodeURIComponent(url)}`,
  // Source: github.com/rainbow-me/rainbow, src/handlers/deeplinks.ts, action dapp.
  Rainbow: (url) => `https://rnbwapp.com/dapp?url=${encodeURIComponent(url)}`,
};

/** For each wallet its name and the link that opens the page there. */
export function walletBrowserLinks(url) {
  return Object.entries(links).map(([name, linkTo]) => ({ name, href: linkTo(url) }));
}

/** Whether this is a phone or a tablet: there a wallet is an app, not an extension. */
export function isHandheld({ userAgent, maxTouchPoints }) {
  // A tablet of Apple's says that it is a Mac, which has no touch screen.
  return /Android|iPhone|iPad|iPod/.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1);
}
