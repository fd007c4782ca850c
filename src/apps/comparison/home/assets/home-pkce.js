import { hash, newSecret } from './home-credentials.js';

/** Where the login waits in this tab while the person is on the server's page. */
export const waitingLogin = 'tessera-demo-login';

/** Lets the button begin a login as the client demo-spa. Source: RFC 7636 §4.1–§4.3. */
export function offerPkceLogin() {
  const button = document.querySelector('#pkce-login');
  button.addEventListener('click', async () => {
    const { clientId, redirectUri } = button.dataset;
    const begun = performance.now();
    const codeVerifier = newSecret();
    const codeChallenge = await hash(codeVerifier);
    const state = newSecret();
    const generatedMs = performance.now() - begun;
    const query = {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      scope: 'openid profile',
      state,
      code_challenge: codeChallenge,
      code_challenge_method: 'S256',
      // Also whoever is logged in may choose between the password and the wallet.
      prompt: 'login',
    };
    const login = { codeVerifier, codeChallenge, query, generatedMs, leftAt: Date.now() };
    sessionStorage.setItem(waitingLogin, JSON.stringify(login));
    location.assign(`/authorize?${new URLSearchParams(query)}`);
  });
  button.disabled = false;
}
