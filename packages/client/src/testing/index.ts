/** `@tessera/client/testing`: an issuer in memory, for the tests of an API. Needs the package `jose`. */
export { testIssuer, type TestIssuer, type TestIssuerOptions, type TestRequestOptions } from './test-issuer.ts';
export { type TestTokenOptions, type TokenFlaw, tokenFlaws } from './test-token.ts';
