import type { AuditEvent } from '../audit-event';
import type { Finding } from '../security-report.schemas';

/** Looks for one suspicious pattern; it is shown the events of a period, newest first. */
export interface Pattern {
  see(event: AuditEvent): void;
  /** The gravest first. */
  findings(): Finding[];
}

/** So many addresses, users, codes and clients a pattern tells apart: whoever has more of them must not fill the memory. */
const keysAtMost = 10_000;
/** So many examples stand in the evidence of one finding. */
const examplesAtMost = 10;
/** And so many findings of one name in a report. */
const findingsAtMost = 20;

/** What is counted of each of many, up to a number of them; those that come after it are left out. */
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

/** How often each of some values came: all of them counted, the first told. */
export class Examples {
  private readonly counts = new Map<string, number>();

  see(value: string | undefined, count = 1): void {
    if (value === undefined) return;
    const before = this.counts.get(value);
    if (before === undefined && this.counts.size >= keysAtMost / 10) return;
    this.counts.set(value, (before ?? 0) + count);
  }

  /** How many values there were; of more than a thousand, a thousand. */
  get size(): number {
    return this.counts.size;
  }

  /** The values, the most frequent first. */
  list(): string[] {
    return this.sorted().map(([value]) => value);
  }

  /** The same with their counts. */
  table(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.sorted());
  }

  private sorted(): [string, number][] {
    return [...this.counts].toSorted(([, a], [, b]) => b - a).slice(0, examplesAtMost);
  }
}

/** From when to when something went on. */
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

/** A pattern of events that have one thing in common: whom they come from, or what they are about. */
interface KeyedPattern<List extends string> {
  readonly name: Finding['name'];
  readonly threshold: number;
  /** What an event has in common with others; undefined where it is none of the pattern's. */
  readonly keyOf: (event: AuditEvent) => string | undefined;
  /** What is told of the events with one key. */
  readonly lists: Readonly<Record<List, (event: AuditEvent) => string | undefined>>;
  /** Whether a value counts for each of the events that one stands for; by default once. */
  readonly weighed?: boolean;
  /** The list whose values count against the threshold; by default the events do. */
  readonly counts?: NoInfer<List>;
  /** `count`: of the events. */
  readonly evidence: (key: string, lists: Readonly<Record<List, Examples>>, count: number) => Finding['evidence'];
}

/** Returns what begins to look for the pattern. */
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

/** The findings that exceed the threshold. */
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

/** How many events it stands for. */
export function countOf({ count = 1 }: AuditEvent): number {
  return count;
}
