import { page } from '../../../platform/pages/page';
import type { Comparison } from '../comparison';
import type { FlowCheck } from '../checks/catalogue';
import { fallsWithout, type Matrix } from '../checks/matrix';
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
  /** Whether passkeys are on, and a run plays them. */
  readonly passkeys: boolean;
  /** Who may start runs: anybody, whoever has the admin token, or nobody because none is set. */
  readonly runs: 'open' | 'admin' | 'off';
  /** The origin of the demo clients' redirect URIs; undefined without demo clients. */
  readonly byHand: { readonly origin: string } | undefined;
  /** Undefined when it is unavailable. */
  readonly comparison: Comparison | undefined;
  /** What falls without each check. */
  readonly ablation: readonly AblationRow[];
  readonly attacks: Matrix['attacks'];
  readonly latencyPoints: typeof latencyPoints;
  readonly latencyTicks: typeof latencyTicks;
  readonly shown: (value: string | number | boolean) => string;
}

/** A check, and the titles of the attacks that fall without it: alone, and without another one too. */
export interface AblationRow extends FlowCheck {
  readonly falls: readonly string[];
  readonly fallsWith: readonly { readonly other: string; readonly attack: string }[];
}

export function ablationRows(measured: Matrix): AblationRow[] {
  const titles = new Map(measured.attacks.map(({ id, title }) => [id, title]));
  const titleOf = (id: string) => titles.get(id) ?? id;
  return measured.checks.map((check) => ({
    ...check,
    falls: fallsWithout(measured, check.id).map(titleOf),
    fallsWith: measured.pairs.flatMap(({ checks: both, attack }) =>
      both.includes(check.id) ? [{ other: both.find((each) => each !== check.id) ?? '', attack: titleOf(attack) }] : [],
    ),
  }));
}
