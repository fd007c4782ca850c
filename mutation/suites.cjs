const unit = (path) => `src/${path}.test.ts`;
const e2e = (...names) => names.map((name) => `test/e2e/${name}.test.ts`);
const contract = (...names) => names.map((name) => `test/contract/${name}.test.ts`);

const domain = {
  'challenges/grant': [unit('domain/challenges/grant'), ...e2e('token-single-use', 'wallet-single-use', 'live-grants')],
  'clients/redirect-uri': [unit('domain/clients/redirect-uri'), ...e2e('authorize')],
  'credentials/pkce': [unit('domain/credentials/pkce'), ...e2e('authorize', 'token')],
  'credentials/secret': [unit('domain/credentials/secret'), ...e2e('token', 'refresh', 'token-client-authentication')],
  'tokens/access-tokens': e2e('access-tokens', 'revoke', 'introspect', 'dpop', 'audiences', 'protected'),
  'tokens/dpop-proof': [unit('domain/tokens/dpop-proof'), ...e2e('dpop')],
  'tokens/dpop-proofs': [...contract('dpop-proofs'), ...e2e('dpop', 'fapi2-conformance')],
  'tokens/refresh-token': [unit('domain/tokens/refresh-token'), ...e2e('refresh', 'revoke')],
};

const login = {
  csrf: e2e('consent', 'session-cookie', 'login', 'login-wallet', 'login-passkey', 'par'),
  'pushed-requests': [...contract('pushed-requests'), ...e2e('par', 'dpop')],
};

const oauth = {
  'authorization-request': e2e('authorize', 'client-credentials', 'consent', 'par'),
  'authorize.flow': [
    ...contract('authorize.flow'),
    ...e2e(
      'authorize',
      'consent',
      'self-registered-redirects',
      'fapi2-conformance',
      'audiences',
      'par',
      'backchannel-logout',
      'registration',
      'audit',
    ),
  ],
  'client-credentials.flow': e2e('client-credentials', 'dpop'),
  'introspect.flow': e2e('access-tokens', 'introspect', 'audiences', 'dpop', 'acr', 'outage'),
  'push-request.flow': e2e('par', 'dpop', 'fapi2-conformance', 'outage'),
  'redeem-code.flow': e2e('token', 'token-single-use', 'dpop', 'audiences', 'fapi2-conformance', 'audit'),
  'refresh.flow': [...contract('refresh.flow'), ...e2e('refresh', 'dpop', 'audiences', 'fapi2-conformance')],
  'revoke.flow': e2e('revoke', 'live-grants'),
};

const ofPasskey = (name) => unit(`protocols/passkey/${name}`);

const passkey = {
  'authenticator-data': [ofPasskey('credential.schemas'), ofPasskey('webauthn-vectors')],
  'cbor-end': [ofPasskey('cbor-end'), ofPasskey('credential.schemas')],
  ceremony: [ofPasskey('ceremony'), ...e2e('login-passkey')],
  'credential.schemas': [
    ofPasskey('credential.schemas'),
    ofPasskey('fido-server'),
    ofPasskey('passkey-signature'),
    ...e2e('login-passkey'),
  ],
  'passkey-creations': [...contract('passkeys'), ...e2e('passkey-creations', 'account-passkeys')],
  'passkey-key': [ofPasskey('passkey-key')],
  'passkey-logins': [...contract('passkeys'), ...e2e('login-passkey')],
  'passkey-signature': [ofPasskey('passkey-signature'), ofPasskey('webauthn-vectors')],
};

const wallet = {
  address: [unit('protocols/wallet/address'), ...e2e('wallet-challenge')],
  'code-verifier': [unit('protocols/wallet/code-verifier'), ...e2e('wallet-verifier')],
  'contract-account-signer': e2e('wallet-code', 'wallet-node-faults', 'wallet-rpc', 'code-guesses'),
  'eoa-signer': e2e('wallet-verify'),
  'parse-siwe-message': [unit('protocols/wallet/parse-siwe-message'), ...e2e('wallet-nonce')],
  'request-challenge.flow': e2e('wallet-challenge', 'wallet-nonce', 'wallet-audiences', 'wallet-verifier', 'audit'),
  'sign-in.flow': e2e(
    'wallet-verify',
    'wallet-single-use',
    'wallet-nonce',
    'wallet-verifier',
    'wallet-audiences',
    'dpop',
    'audit',
  ),
  signature: [unit('protocols/wallet/signature'), ...e2e('wallet-verify')],
  'universal-validator': [unit('protocols/wallet/universal-validator'), ...e2e('wallet-code')],
  uri: [unit('protocols/wallet/uri'), unit('protocols/wallet/validate-siwe-message'), ...e2e('wallet-challenge')],
  'validate-siwe-message': [unit('protocols/wallet/validate-siwe-message'), ...e2e('wallet-nonce')],
  'wallet-challenges': e2e('wallet-verify', 'wallet-nonce', 'wallet-single-use', 'login-wallet'),
  'wallet-logins': e2e('login-wallet', 'disabled-during-login'),
};

const under = (folder, files) => Object.entries(files).map(([name, suites]) => [`src/${folder}/${name}.ts`, suites]);

/** The files that are to be measured, each with the suites that test its checks: its mutants meet no other. */
exports.suites = Object.fromEntries([
  ...under('domain', domain),
  ...under('protocols/login', login),
  ...under('protocols/oauth', oauth),
  ...under('protocols/passkey', passkey),
  ...under('protocols/wallet', wallet),
]);
