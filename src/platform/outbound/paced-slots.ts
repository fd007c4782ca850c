/** How soon a key answered the last time, as far as that is remembered. */
export type Pace = 'quick' | 'unknown' | 'slow';

const paces = ['quick', 'unknown', 'slow'] as const;
/** Milliseconds from which on an answer was slow. */
const slowFromMs = 1_000;
/** So many keys are remembered. */
const rememberedKeys = 10_000;

/**
 * A number of slots, and who wants one. The last quarter is for keys that were quick the last time, and those that were slow
 * have a quarter together: any number of hosts that hang leaves slots for one that does not. Each has its turn.
 */
export class PacedSlots<Wanting extends { readonly key: string }> {
  /** The oldest first. */
  private readonly remembered = new Map<string, Pace>();
  private readonly taken = { quick: 0, unknown: 0, slow: 0 };
  /** By pace, whose turn is next first. */
  private readonly lines = {
    quick: new Map<Wanting, number>(),
    unknown: new Map<Wanting, number>(),
    slow: new Map<Wanting, number>(),
  };
  private turns = 0;

  constructor(private readonly atOnce: number) {}

  paceOf(key: string): Pace {
    return this.remembered.get(key) ?? 'unknown';
  }

  /** Whether this one wants a slot from now on. Who wants one already keeps its turn, unless its pace is another now. */
  wants(wanting: Wanting, isWanting: boolean): void {
    const pace = this.paceOf(wanting.key);
    for (const each of paces) if (each !== pace || !isWanting) this.lines[each].delete(wanting);
    if (!isWanting || this.lines[pace].has(wanting)) return;
    this.turns += 1;
    this.lines[pace].set(wanting, this.turns);
  }

  /** Whose turn it is, who wants none any more by that; undefined where nobody wants one that there is. */
  next(): Wanting | undefined {
    let first: readonly [Wanting, number] | undefined;
    for (const pace of paces) {
      const head = this.hasRoom(pace) ? firstOf(this.lines[pace]) : undefined;
      if (head !== undefined && (first === undefined || head[1] < first[1])) first = head;
    }
    if (first !== undefined) this.wants(first[0], false);
    return first?.[0];
  }

  /** Takes a slot. What it returns gives it back: after how many milliseconds there was an answer, if that says anything. */
  take(key: string): (ms: number | undefined) => void {
    const pace = this.paceOf(key);
    this.taken[pace] += 1;
    return (ms) => {
      this.taken[pace] -= 1;
      if (ms !== undefined) this.remember(key, ms < slowFromMs ? 'quick' : 'slow');
    };
  }

  private hasRoom(pace: Pace): boolean {
    const { quick, unknown, slow } = this.taken;
    if (quick + unknown + slow >= this.atOnce) return false;
    if (pace === 'quick') return true;
    return pace === 'slow' ? slow < this.atOnce / 4 : unknown + slow < (this.atOnce * 3) / 4;
  }

  private remember(key: string, pace: Pace): void {
    this.remembered.delete(key);
    this.remembered.set(key, pace);
    if (this.remembered.size > rememberedKeys) this.remembered.delete(firstOf(this.remembered)?.[0] ?? '');
  }
}

function firstOf<Key, Value>(map: ReadonlyMap<Key, Value>): readonly [Key, Value] | undefined {
  for (const entry of map) return entry;
  return undefined;
}
