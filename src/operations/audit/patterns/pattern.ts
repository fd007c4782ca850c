import type { AuditEvent } from '../audit-event';

/** Something suspicious in the events of a period. */
export interface Finding {
  readonly name: string;
  /** It is a finding because there was more than this. */
  readonly threshold: number;
  readonly count: number;
  readonly evidence: Readonly<Record<string, unknown>>;
}

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

/** The findings that exceed the threshold. */
export function above(
  name: string,
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
