import type { Discovery } from '@tessera/client';
import type { StoreView } from './store-view';
import type { Wire } from './wire';

/** What each login of the demo uses. */
export interface DemoContext {
  /** The service's origin, which is its issuer. */
  readonly url: string;
  readonly wire: Wire;
  /** The server's metadata and keys, which both clients share. */
  readonly discovery: Discovery;
  readonly store: StoreView;
  readonly print: (line: string) => void;
}
