import type { CheckId } from '../src/apps/comparison/checks/catalogue';

/** Where a check stands in the sources, and what the twin has in its place. */
export interface Place {
  readonly checks: readonly CheckId[];
  /** From the root of the project. */
  readonly file: string;
  /** Source text that occurs once in the file, whatever its line breaks and indentation. */
  readonly code: string;
  /** What stands there in the twin; it may call what ablation/weak.ts exports, as `twin`. */
  readonly becomes: string;
}

const authorizationRequest = 'src/protocols/oauth/authorization-request.ts';
const redeemCode = 'src/protocols/oauth/redeem-code.flow.ts';
const refresh = 'src/protocols/oauth/refresh.flow.ts';
const dpopProofs = 'src/domain/tokens/dpop-proofs.ts';
const signIn = 'src/protocols/wallet/sign-in.flow.ts';
const walletChallenges = 'src/protocols/wallet/wallet-challenges.ts';
const writtenMessage = 'src/protocols/wallet/validate-siwe-message.ts';
const contractAccounts = 'src/protocols/wallet/contract-account-signer.ts';
const passkeyLogins = 'src/protocols/passkey/passkey-logins.ts';
const ceremony = 'src/protocols/passkey/ceremony.ts';
const sessions = 'src/protocols/login/sessions.ts';
const lmdb = 'src/domain/challenges/lmdb-challenge-store.ts';
const mongo = 'src/domain/challenges/mongo-challenge-store.ts';

/** Every place of every check. The build of the twin fails when one of them is not there any more. */
export const places: readonly Place[] = [
  {
    checks: ['pkce.challenge-required', 'pkce.method-s256'],
    file: authorizationRequest,
    code: `const codeChallenge = parameters.get('code_challenge');`,
    becomes: `const codeChallenge = twin.codeChallengeIn(parameters);`,
  },
  {
    checks: ['pkce.challenge-required', 'pkce.method-s256'],
    file: authorizationRequest,
    code: `if (parameters.get('code_challenge_method') !== 'S256')`,
    becomes: `if (!twin.isMethodRight(parameters))`,
  },
  {
    checks: ['pkce.challenge-required', 'pkce.verifier', 'pkce.code-redirect-uri'],
    file: redeemCode,
    code: `const { client, code, redirectUri, codeVerifier, resource, jkt, events } = request;`,
    becomes: `const { client, code, redirectUri, codeVerifier, resource, jkt, events } = twin.redemption(request);`,
  },
  {
    checks: ['pkce.challenge-required', 'pkce.verifier'],
    file: redeemCode,
    code: `codeVerifier === undefined || !isCodeVerifier(codeVerifier)) {`,
    becomes: `codeVerifier === undefined || !(codeVerifier === twin.noVerifier || isCodeVerifier(codeVerifier))) {`,
  },
  {
    checks: ['pkce.verifier', 'pkce.code-client', 'pkce.code-redirect-uri'],
    file: redeemCode,
    code: `const match = { clientId, redirectUri, codeChallenge: s256(codeVerifier), dpopJkt: jkt };`,
    becomes: `const match = twin.codeMatch({ clientId, redirectUri, codeChallenge: s256(codeVerifier), dpopJkt: jkt });`,
  },
  {
    checks: ['pkce.redirect-uri-registered'],
    file: authorizationRequest,
    code: `|| !isRegisteredRedirectUri(redirectUri, client)`,
    becomes: `|| (!twin.off('pkce.redirect-uri-registered') && !isRegisteredRedirectUri(redirectUri, client))`,
  },
  {
    checks: ['pkce.state-required'],
    file: authorizationRequest,
    code: `client.requireState !== false)`,
    becomes: `client.requireState !== false && !twin.off('pkce.state-required'))`,
  },
  ...['src/protocols/oauth/authorize.flow.ts', redeemCode].map((file): Place => ({
    checks: ['pkce.code-hashed'],
    file,
    code: `const id = hashSecret(code);`,
    becomes: `const id = twin.off('pkce.code-hashed') ? code : hashSecret(code);`,
  })),
  {
    checks: ['pkce.code-expiry'],
    file: redeemCode,
    code: `this.challenges.redeem(kind, id, match, this.clock.now(), begin)`,
    becomes: `this.challenges.redeem(kind, id, match, twin.off('pkce.code-expiry') ? 0 : this.clock.now(), begin)`,
  },
  {
    checks: ['pkce.replay-revokes'],
    file: redeemCode,
    code: `if (isProven && isReplay(grant, arrivedAt))`,
    becomes: `if (isProven && isReplay(grant, arrivedAt) && !twin.off('pkce.replay-revokes'))`,
  },
  {
    checks: ['pkce.refresh-rotation'],
    file: refresh,
    code: `if (isOfFapi2(request.client)) return this.keep`,
    becomes: `if (isOfFapi2(request.client) || twin.off('pkce.refresh-rotation')) return this.keep`,
  },
  {
    checks: ['pkce.refresh-reuse'],
    file: refresh,
    code: `await this.grants.revoke(grant, 'refresh_token_reused', request.events);`,
    becomes: `if (!twin.off('pkce.refresh-reuse')) await this.grants.revoke(grant, 'refresh_token_reused', request.events);`,
  },
  {
    checks: ['pkce.dpop-key'],
    file: dpopProofs,
    code: `if (token !== undefined && proof.jkt !== token.jkt)`,
    becomes: `if (token !== undefined && proof.jkt !== token.jkt && !twin.off('pkce.dpop-key'))`,
  },
  {
    checks: ['pkce.dpop-proof-once'],
    file: dpopProofs,
    code: `await unlessReplayed(this.challenges.save(proof.used));`,
    becomes: `if (!twin.off('pkce.dpop-proof-once')) await unlessReplayed(this.challenges.save(proof.used));`,
  },
  {
    checks: ['pkce.consent-session'],
    file: 'src/protocols/oauth/authorize.controller.ts',
    code: `if (form.get('asked') !== askedSession(session))`,
    becomes: `if (form.get('asked') !== askedSession(session) && !twin.off('pkce.consent-session'))`,
  },
  {
    checks: ['wallet.signature', 'wallet.address'],
    file: 'src/protocols/wallet/eoa-signer.ts',
    code: `const ecdsa = parseSignature(signature);`,
    becomes: `if (twin.off('wallet.signature')) return undefined; const ecdsa = parseSignature(signature);`,
  },
  {
    checks: ['wallet.address'],
    file: 'src/protocols/wallet/eoa-signer.ts',
    code: `this.signers.recover(hash, ecdsa) === wallet.toLowerCase()`,
    becomes: `twin.isSigner(this.signers.recover(hash, ecdsa), wallet.toLowerCase())`,
  },
  {
    checks: ['wallet.message-bytes'],
    file: walletChallenges,
    code: `if (message !== undefined && message !== challenge.message) throw new WalletError('message_mismatch');
      return this.accounts.verify(challenge, signature, attempt);`,
    becomes: `const weak = twin.off('wallet.message-bytes') && message !== undefined;
      if (!weak && message !== undefined && message !== challenge.message) throw new WalletError('message_mismatch');
      return this.accounts.verify(weak ? { ...challenge, message } : challenge, signature, attempt);`,
  },
  {
    checks: ['wallet.domain'],
    file: writtenMessage,
    code: `message.domain === host &&`,
    becomes: `(message.domain === host || twin.off('wallet.domain')) &&`,
  },
  {
    checks: ['wallet.chain'],
    file: writtenMessage,
    code: `(nonce.chainId ?? message.chainId) === message.chainId &&`,
    becomes: `((nonce.chainId ?? message.chainId) === message.chainId || twin.off('wallet.chain')) &&`,
  },
  {
    checks: ['wallet.client'],
    file: 'src/protocols/wallet/wallet-logins.ts',
    code: `if (challenge.clientId !== clientId)`,
    becomes: `if (challenge.clientId !== clientId && !twin.off('wallet.client'))`,
  },
  {
    checks: ['wallet.expiry'],
    file: walletChallenges,
    code: `if (expiresAt <= this.clock.now()) throw`,
    becomes: `if (expiresAt <= this.clock.now() && !twin.off('wallet.expiry')) throw`,
  },
  {
    checks: ['wallet.expiry'],
    file: signIn,
    code: `const now = this.clock.now();`,
    becomes: `const now = twin.off('wallet.expiry') ? 0 : this.clock.now();`,
  },
  {
    checks: ['wallet.code-verifier'],
    file: signIn,
    code: `assertVerifier(challenge.codeChallenge, request.codeVerifier);`,
    becomes: `if (!twin.off('wallet.code-verifier')) assertVerifier(challenge.codeChallenge, request.codeVerifier);`,
  },
  {
    checks: ['wallet.replay-revokes'],
    file: signIn,
    code: `if (isReplay(grant, arrivedAt) && isProven())`,
    becomes: `if (isReplay(grant, arrivedAt) && isProven() && !twin.off('wallet.replay-revokes'))`,
  },
  {
    checks: ['wallet.low-s'],
    file: 'src/protocols/wallet/signature.ts',
    code: `liesIn(compact.subarray(32), largestS)`,
    becomes: `liesIn(compact.subarray(32), twin.off('wallet.low-s') ? largestR : largestS)`,
  },
  {
    checks: ['wallet.magic-value'],
    file: contractAccounts,
    code: `isYes(await request(validatorRequest(wallet, hash, signature)))`,
    becomes: `(twin.off('wallet.magic-value')
      ? twin.beginsWithYes(await request(twin.directQuestion(wallet, hash, signature)))
      : isYes(await request(validatorRequest(wallet, hash, signature))))`,
  },
  {
    checks: ['wallet.lax-validator'],
    file: contractAccounts,
    code: `if (code === '0x')`,
    becomes: `if (code === '0x' && !twin.off('wallet.lax-validator'))`,
  },
  {
    checks: ['passkey.browser'],
    file: passkeyLogins,
    code: `if (browser !== answer.browser || clientId !== answer.clientId) throw`,
    becomes: `if ((browser !== answer.browser || clientId !== answer.clientId) && !twin.off('passkey.browser')) throw`,
  },
  {
    checks: ['passkey.expiry'],
    file: passkeyLogins,
    code: `if (expiresAt <= this.clock.now()) throw new PasskeyError('challenge_expired'); assertCeremony`,
    becomes: `if (expiresAt <= this.clock.now() && !twin.off('passkey.expiry')) throw new PasskeyError('challenge_expired');
      assertCeremony`,
  },
  {
    checks: ['passkey.expiry'],
    file: passkeyLogins,
    code: `redeem(kind, id, { browser, clientId }, this.clock.now(), toSession)`,
    becomes: `redeem(kind, id, { browser, clientId }, twin.off('passkey.expiry') ? 0 : this.clock.now(), toSession)`,
  },
  {
    checks: ['passkey.origin'],
    file: ceremony,
    code: `if (clientData.origin !== origin || crossOrigin === true || topOrigin !== undefined) {`,
    becomes: `if ((clientData.origin !== origin || crossOrigin === true || topOrigin !== undefined) && !twin.off('passkey.origin')) {`,
  },
  {
    checks: ['passkey.rp-id'],
    file: ceremony,
    code: `if (!authenticatorData.rpIdHash.equals(hash('sha256', rpId, 'buffer'))) throw`,
    becomes: `if (!authenticatorData.rpIdHash.equals(hash('sha256', rpId, 'buffer')) && !twin.off('passkey.rp-id')) throw`,
  },
  {
    checks: ['passkey.origin', 'passkey.rp-id'],
    file: 'src/protocols/passkey/passkey-signature.ts',
    code: `expectedOrigin: origin,
      expectedRPID: rpId,
      // No counter`,
    becomes: `expectedOrigin: twin.off('passkey.origin') ? clientData.origin : origin,
      expectedRPID: twin.relyingParties(rpId),
      // No counter`,
  },
  {
    checks: ['passkey.user-verified'],
    file: ceremony,
    code: `if (!authenticatorData.userVerified) throw`,
    becomes: `if (!authenticatorData.userVerified && !twin.off('passkey.user-verified')) throw`,
  },
  {
    checks: ['passkey.account'],
    file: passkeyLogins,
    code: `const user = await this.users.findOwner({ passkey: assertion.credentialId });`,
    becomes: `const user = await twin.accountOf(this.users, assertion);`,
  },
  {
    checks: ['passkey.account'],
    file: passkeyLogins,
    code: `refusal = passkey === undefined ? 'passkey_unknown' : refusalBy(passkey, said);`,
    becomes: `refusal = passkey === undefined && !twin.off('passkey.account') ? 'passkey_unknown'
      : passkey && refusalBy(passkey, said);`,
  },
  {
    checks: ['passkey.signature'],
    file: passkeyLogins,
    code: `if (!(await assertionIsSigned(assertion, passkey, relyingParty))) throw`,
    becomes: `if (!twin.off('passkey.signature') && !(await assertionIsSigned(assertion, passkey, relyingParty))) throw`,
  },
  {
    checks: ['passkey.counter'],
    file: passkeyLogins,
    code: `passkey.suspected === true || counterRegressed(passkey, said) ?`,
    becomes: `passkey.suspected === true || (!twin.off('passkey.counter') && counterRegressed(passkey, said)) ?`,
  },
  {
    checks: ['passkey.replay-ends'],
    file: passkeyLogins,
    code: `if (begun.signatureHash === signatureHash && isReplay(begun, arrivedAt))`,
    becomes: `if (begun.signatureHash === signatureHash && isReplay(begun, arrivedAt) && !twin.off('passkey.replay-ends'))`,
  },
  {
    checks: ['pkce.code-atomic', 'wallet.atomic', 'passkey.atomic'],
    file: lmdb,
    code: `if (!isRedeemable(challenge, kind, match, now)) return undefined;`,
    becomes: `if (!isRedeemable(challenge, kind, match, now)) return undefined; await twin.moment(kind);`,
  },
  {
    checks: ['pkce.code-atomic', 'wallet.atomic', 'passkey.atomic'],
    file: lmdb,
    code: `if (!this.challenges.has(id)) return undefined;`,
    becomes: `if (!this.challenges.has(id) && !twin.isReadFirst(kind)) return undefined;`,
  },
  {
    checks: ['both.one-grant'],
    file: lmdb,
    code: `if (grant !== undefined && this.grants.has(grant.id))`,
    becomes: `if (grant !== undefined && this.grants.has(grant.id) && !twin.off('both.one-grant'))`,
  },
  {
    checks: ['both.one-grant'],
    file: lmdb,
    code: `if (session !== undefined && this.sessions.has(session.id))`,
    becomes: `if (session !== undefined && this.sessions.has(session.id) && !twin.off('both.one-grant'))`,
  },
  {
    checks: ['pkce.code-single-use', 'wallet.single-use', 'passkey.single-use', 'pkce.par-one-code'],
    file: lmdb,
    code: `this.challenges.put(successor.id, successor); this.challenges.remove(id, challenge.expiresAt);`,
    becomes: `this.challenges.put(successor.id, successor);
      if (!twin.isKept(kind, begun, match)) this.challenges.remove(id, challenge.expiresAt);`,
  },
  {
    checks: [
      'pkce.code-atomic',
      'wallet.atomic',
      'passkey.atomic',
      'pkce.code-single-use',
      'wallet.single-use',
      'passkey.single-use',
      'pkce.par-one-code',
    ],
    file: mongo,
    code: `this.challenges.raw.findOneAndDelete(predicate)`,
    becomes: `twin.readAndDelete(this.challenges.raw, predicate, kind)`,
  },
  {
    checks: ['pkce.code-single-use', 'wallet.single-use', 'passkey.single-use', 'pkce.par-one-code'],
    file: mongo,
    code: `const begun = begin(challenge);`,
    becomes: `const begun = begin(challenge);
      if (!twin.isKept(kind, begun, match)) await withStoreErrors(() => this.challenges.raw.deleteOne({ _id: id }));`,
  },
  {
    checks: ['both.one-grant'],
    file: mongo,
    code: `if (!(await this.grants.insert(grant)))`,
    becomes: `if (!(await this.grants.insert(grant)) && !twin.off('both.one-grant'))`,
  },
  {
    checks: ['both.one-grant'],
    file: mongo,
    code: `!(await this.sessions.insert(begun.session)))`,
    becomes: `!(await this.sessions.insert(begun.session)) && !twin.off('both.one-grant'))`,
  },
  {
    checks: ['both.csrf'],
    file: 'src/protocols/login/csrf.ts',
    code: `if (!matches || isFromAnotherSite(request))`,
    becomes: `if ((!matches || isFromAnotherSite(request)) && !twin.off('both.csrf'))`,
  },
  {
    checks: ['both.new-session'],
    file: sessions,
    code: `const secret = newSecret();`,
    becomes: `const fixed = twin.fixedSession(before, cookieOf(request, this.cookie.name));
      const secret = fixed?.secret ?? newSecret();`,
  },
  {
    checks: ['both.new-session'],
    file: sessions,
    code: `await redeem(session);`,
    becomes: `await redeem(session);
      if (fixed !== undefined) await twin.replaceSession(this.store, { ...session, id: fixed.id });`,
  },
  {
    checks: ['both.new-session'],
    file: sessions,
    code: `\`\${id}.\${secret}\``,
    becomes: `\`\${fixed?.id ?? id}.\${secret}\``,
  },
  {
    checks: ['both.new-session'],
    file: sessions,
    code: `else if (before !== undefined)`,
    becomes: `else if (before !== undefined && fixed === undefined)`,
  },
  {
    checks: ['both.revoked-grant'],
    file: 'src/domain/tokens/access-tokens.ts',
    code: `grant.revokedAt !== undefined || isRevoked)`,
    becomes: `((grant.revokedAt !== undefined || isRevoked) && !twin.off('both.revoked-grant')))`,
  },
  {
    checks: [],
    file: 'src/platform/pages/page-renderer.ts',
    code: `return this.eta.render(template, data);`,
    becomes: `return twin.marked(this.eta.render(template, data));`,
  },
];
