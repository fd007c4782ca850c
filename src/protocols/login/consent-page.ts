import { page } from '../../platform/pages/page';

/** Asks the end-user to allow a third party what it requested. */
export const consentPage = page<{
  readonly csrf: string;
  /** Query of the authorization request that the end-user decides on. */
  readonly request: string;
  readonly clientName: string;
  /** Host of the client's metadata document, or of the page that it names; absent without one. */
  readonly clientUrlHost: string | undefined;
  /** Where the response goes: the host of the redirect URI, or the scheme of one without a host. */
  readonly clientHost: string;
  /** Who is signed in: a username or an address. */
  readonly account: string;
  /** Identifies the session that was asked, so that an answer counts for no other. */
  readonly asked: string;
  /** What each scope of this server allows. */
  readonly allows: readonly string[];
  /** The APIs that tokens will be for, and what each scope allows there. */
  readonly apis: readonly { readonly name: string; readonly allows: readonly string[] }[];
}>('protocols/login/views/consent');
