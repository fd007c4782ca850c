import { page } from '../../platform/pages/page';

/** Asks the end-user whether a third party may have what it asked for. */
export const consentPage = page<{
  readonly csrf: string;
  /** The query of the authorization request that the decision is about. */
  readonly request: string;
  readonly clientName: string;
  /** The host of the client's URL: of its metadata document, or of the page that it names; absent where it has none. */
  readonly clientUrlHost: string | undefined;
  /** The host of the redirect URI, or the scheme of one that has none: where the answer goes. */
  readonly clientHost: string;
  /** Who is signed in: a username or an address. */
  readonly account: string;
  /** Stands for the session that is asked, so that nobody else's answer counts for it. */
  readonly asked: string;
  /** What each scope of this server allows. */
  readonly allows: readonly string[];
  /** The APIs that tokens will be for, and what each scope allows there. */
  readonly apis: readonly { readonly name: string; readonly allows: readonly string[] }[];
}>('protocols/login/views/consent');
