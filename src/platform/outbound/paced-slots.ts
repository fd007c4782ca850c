/** How fast a key answered last time, if remembered. */
export type Pace = 'quick' | 'unknown' | 'slow';

const paces = ['quick', 'unknown', 'slow'] as const;
/** Milliseconds from which an answer counts as slow. */
const slowFromMs = 1_000;
/** Most remembered keys. */
const rememberedKeys = 10_000;

/**
 * Distributes a number of slots. The last quarter is reserved for keys that were quick, and slow keys share a quarter: however
 * many hosts hang, slots are left for others. Keys take turns.
 */
export class PacedSlots<Wanting extends { readonly key: string }> {
  /** The oldest first. */
  private readonly remembered = new Map<string, Pace>();
  private readonly taken = { quick: 0, unknown: 0, slow: 0 };
  /** By pace, in the order of turns. */
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

  /** Adds or removes a candidate. One that already waits keeps its turn, unless its pace has changed. */
  wants(wanting: Wanting, isWanting: boolean): void {
    const pace = this.paceOf(wanting.key);
    for (const each of paces) if (each !== pace || !isWanting) this.lines[each].delete(wanting);
    if (!isWanting || this.lines[pace].has(wanting)) return;
    this.turns += 1;
    this.lines[pace].set(wanting, this.turns);
  }

  /** Removes and returns the next candidate; undefined when no candidate may have a free slot. */
  next(): Wanting | undefined {
    let first: readonly [Wanting, number] | undefined;
    for (const pace of paces) {
      const head = this.hasRoom(pace) ? firstOf(this.lines[pace]) : undefined;
      if (head !== undefined && (first === undefined || head[1] < first[1])) first = head;
    }
    if (first !== undefined) this.wants(first[0], false);
    return first?.[0];
  }

  /** Takes a slot. The returned function frees it, with the milliseconds until an answer, if those say anything. */
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
