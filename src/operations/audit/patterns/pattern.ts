import type { AuditEvent } from '../audit-event';
import type { Finding } from '../security-report.schemas';

/** Looks for one suspicious pattern in the events of a period, newest first. */
export interface Pattern {
  see(event: AuditEvent): void;
  /** The most serious first. */
  findings(): Finding[];
}

/** Most addresses, users, codes or clients that a pattern distinguishes: bounds the memory. */
const keysAtMost = 10_000;
/** Most examples in a finding. */
const examplesAtMost = 10;
/** Most findings of one name in a report. */
const findingsAtMost = 20;

/** A tally for each key, up to a limit; further keys are ignored. */
export class Tallies<Tally> {
  private readonly tallies = new Map<string, Tally>();

  constructor(private readonly begin: () => Tally) {}

  of(key: string): Tally | undefined {
    const known = this.tallies.get(key);
    if (known !== undefined || this.tallies.size >= keysAtMost) return known;
    const tally = this.begin();
    this.tallies.set(key, tally);
    return tally;
  }

  all(): [string, Tally][] {
    return [...this.tallies];
  }
}

/** Counts distinct values and shows the first. */
export class Examples {
  private readonly counts = new Map<string, number>();

  see(value: string | undefined, count = 1): void {
    if (value === undefined) return;
    const before = this.counts.get(value);
    if (before === undefined && this.counts.size >= keysAtMost / 10) return;
    this.counts.set(value, (before ?? 0) + count);
  }

  /** Number of distinct values; at most a thousand. */
  get size(): number {
    return this.counts.size;
  }

  /** The most frequent first. */
  list(): string[] {
    return this.sorted().map(([value]) => value);
  }

  /** The values with their counts. */
  table(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.sorted());
  }

  private sorted(): [string, number][] {
    return [...this.counts].toSorted(([, a], [, b]) => b - a).slice(0, examplesAtMost);
  }
}

/** First and last time of something. */
export class Period {
  private first = '';
  private last = '';

  see({ time }: AuditEvent): void {
    if (this.last === '' || time > this.last) this.last = time;
    if (this.first === '' || time < this.first) this.first = time;
  }

  shown(): { readonly first: string; readonly last: string } {
    return { first: this.first, last: this.last };
  }
}

/** A pattern of events with a common key: their source, or what they are about. */
interface KeyedPattern<List extends string> {
  readonly name: Finding['name'];
  readonly threshold: number;
  /** The common key; undefined for events outside the pattern. */
  readonly keyOf: (event: AuditEvent) => string | undefined;
  /** What is reported about the events of one key. */
  readonly lists: Readonly<Record<List, (event: AuditEvent) => string | undefined>>;
  /** Whether an aggregate's values count for each of its events; by default once. */
  readonly weighed?: boolean;
  /** The list whose values count against the threshold; by default the events themselves. */
  readonly counts?: NoInfer<List>;
  /** `count`: of the events. */
  readonly evidence: (key: string, lists: Readonly<Record<List, Examples>>, count: number) => Finding['evidence'];
}

/** Returns a factory that starts looking for the pattern. */
export function keyed<List extends string>(pattern: KeyedPattern<List>): () => Pattern {
  const { name, threshold, keyOf, weighed = false, counts, evidence } = pattern;
  const lists = Object.entries(pattern.lists) as [List, (event: AuditEvent) => string | undefined][];
  const begin = () => ({
    count: 0,
    lists: Object.fromEntries(lists.map(([list]) => [list, new Examples()])) as Record<List, Examples>,
    period: new Period(),
  });
  return () => {
    const tallies = new Tallies(begin);
    return {
      see: (event) => {
        const key = keyOf(event);
        const tally = key === undefined ? undefined : tallies.of(key);
        if (tally === undefined) return;
        tally.count += countOf(event);
        for (const [list, valueOf] of lists) tally.lists[list].see(valueOf(event), weighed ? countOf(event) : 1);
        tally.period.see(event);
      },
      findings: () => {
        const found = tallies.all().map(([key, { count, lists: of, period }]) => ({
          count: counts === undefined ? count : of[counts].size,
          evidence: { ...evidence(key, of, count), ...period.shown() },
        }));
        return above(name, threshold, found);
      },
    };
  };
}

/** The findings above the threshold. */
export function above(
  name: Finding['name'],
  threshold: number,
  found: readonly Pick<Finding, 'count' | 'evidence'>[],
): Finding[] {
  return found
    .filter(({ count }) => count > threshold)
    .toSorted((a, b) => b.count - a.count)
    .slice(0, findingsAtMost)
    .map(({ count, evidence }) => ({ name, threshold, count, evidence }));
}

/** The number of events that it stands for. */
export function countOf({ count = 1 }: AuditEvent): number {
  return count;
}
