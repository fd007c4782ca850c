import { page } from '../../../platform/pages/page';
import type { Comparison } from '../comparison';
import type { latencyPoints, latencyTicks } from './latency-plot';

export const homePage = page<HomePage>('apps/comparison/home/views/home');
export const spaCallbackPage = page('apps/comparison/home/views/home-spa-callback');
export const webCallbackPage = page('apps/comparison/home/views/home-web-callback');

/** The data of the page at `/`. */
export interface HomePage {
  readonly issuer: string;
  /** Lifetimes in seconds. */
  readonly codeSeconds: number;
  readonly challengeSeconds: number;
  readonly tokenSeconds: number;
  /** Who may start runs: anybody, whoever has the admin token, or nobody because none is set. */
  readonly runs: 'open' | 'admin' | 'off';
  /** The origin of the demo clients' redirect URIs; undefined without demo clients. */
  readonly byHand: { readonly origin: string } | undefined;
  /** Undefined when it is unavailable. */
  readonly comparison: Comparison | undefined;
  readonly latencyPoints: typeof latencyPoints;
  readonly latencyTicks: typeof latencyTicks;
  readonly shown: (value: string | number | boolean) => string;
}
