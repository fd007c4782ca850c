import { page } from '../pages/page';

/** Asks the end-user whether a third party may have what it asked for. */
export const consentPage = page<{
  readonly csrf: string;
  /** The query of the authorization request that the decision is about. */
  readonly request: string;
  readonly clientName: string;
  /** The host of the redirect URI: where the answer goes. */
  readonly clientHost: string;
  /** Who is signed in: a username or an address. */
  readonly account: string;
  /** Stands for the session that is asked, so that nobody else's answer counts for it. */
  readonly asked: string;
  /** What each scope allows. */
  readonly allows: readonly string[];
}>('login/views/consent');
