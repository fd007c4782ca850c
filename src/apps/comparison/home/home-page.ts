import { page } from '../../../platform/pages/page';
import type { ComparisonView } from './comparison-view';
import type { latencyPoints, latencyTicks } from './latency-plot';

export const homePage = page<HomePage>('apps/comparison/home/views/home');
export const spaCallbackPage = page('apps/comparison/home/views/home-spa-callback');
export const webCallbackPage = page('apps/comparison/home/views/home-web-callback');

/** What the page at `/` is rendered from. */
export interface HomePage {
  readonly issuer: string;
  /** Lifetimes in seconds. */
  readonly codeSeconds: number;
  readonly challengeSeconds: number;
  readonly tokenSeconds: number;
  /** Who may start runs: anybody, whoever has the admin token, or nobody, because there is no such token. */
  readonly runs: 'open' | 'admin' | 'off';
  /** Where the demo clients are registered; undefined where there are none. */
  readonly byHand: { readonly origin: string } | undefined;
  /** Undefined when it cannot be had. */
  readonly comparison: ComparisonView | undefined;
  readonly latencyPoints: typeof latencyPoints;
  readonly latencyTicks: typeof latencyTicks;
  readonly shown: (value: string | number | boolean) => string;
}
