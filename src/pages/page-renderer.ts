import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Eta } from 'eta';
import type { HomePage } from '../comparison/home/home-page';
import type { ProtocolError } from '../http/protocol-error';
import { hintFor } from './error-hints';
import { describeScope } from './scope-descriptions';

/** What each page is rendered from. */
export interface PageData {
  readonly login: {
    readonly csrf: string;
    /** The query of the interrupted authorization request; empty when there is none. */
    readonly request: string;
    readonly username: string;
    /** Undefined when the request names no known client. */
    readonly clientName: string | undefined;
    /** Whether a login has just failed. */
    readonly failed: boolean;
  };
  readonly consent: {
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
    readonly scope: readonly string[];
  };
  readonly error: { readonly error: ProtocolError };
  readonly home: HomePage;
  readonly 'home-spa-callback': Readonly<Record<string, never>>;
  readonly 'home-web-callback': Readonly<Record<string, never>>;
}

/** Renders the server's pages from their templates; every value is escaped. */
@Injectable()
export class PageRenderer {
  private readonly eta = new Eta({ views: join(__dirname, 'views'), cache: true, autoEscape: true });

  render<Page extends keyof PageData>(page: Page, data: PageData[Page]): string {
    return this.eta.render(page, { ...data, describeScope, hintFor });
  }
}
