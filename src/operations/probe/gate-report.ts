import { type GateReport, type GateRequest, rateOf } from './gate';
import type { VersionMetrics } from './rollout-metrics';

/** For people: the figures of both versions, and what follows. */
export function textOf(report: GateReport, { tolerance }: GateRequest): string[] {
  const { newVersion, oldVersion, verdict, lacking } = report;
  const both = [
    ['new', newVersion],
    ['old', oldVersion],
  ] as const;
  const lines = both.flatMap(([name, figures]) => (figures === undefined ? [] : [lineOf(name, figures)]));
  const sentences = {
    fine: `fine: it fails at most ${percent(tolerance)} more often than the old one`,
    roll_back: `roll it back: it fails more than ${percent(tolerance)} more often than the old one`,
    no_data: `no verdict: ${lacking ?? ''}`,
  };
  return [...lines, sentences[verdict]];
}

/** For programs; rates from 0 to 1. */
export function jsonOf({ newVersion, oldVersion, verdict, lacking }: GateReport): object {
  const [newer, older] = [newVersion, oldVersion].map((figures) => figures && jsonOfVersion(figures));
  return { verdict, ...(lacking !== undefined && { lacking }), new: newer, old: older };
}

function jsonOfVersion(figures: VersionMetrics): object {
  const { version, firstSeen, exchanges, failures } = figures;
  return {
    version,
    first_seen: new Date(firstSeen * 1000).toISOString(),
    exchanges,
    failures,
    failure_rate: rateOf(figures),
  };
}

function lineOf(name: string, figures: VersionMetrics): string {
  const { version, exchanges, failures } = figures;
  return `${name}  ${version}  ${exchanges} exchanges, ${failures} failed, ${percent(rateOf(figures))}`;
}

function percent(rate: number): string {
  return `${Number((rate * 100).toFixed(2))} %`;
}
