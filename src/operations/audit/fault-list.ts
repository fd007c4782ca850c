/** What is wrong with the trail between the events with these `seq`s. */
export interface Fault {
  readonly kind: 'removed' | 'changed' | 'reordered' | 'seal_missing';
  readonly after_seq: number;
  readonly before_seq: number;
}

/** Bounds the memory; a trail with so many is not repaired by more. */
const faultsAtMost = 1_000;

/** Collects faults; those of one kind that overlap become one. */
export class FaultList {
  private readonly faults: Fault[] = [];

  add(kind: Fault['kind'], after: number, before: number): void {
    if (this.faults.length < faultsAtMost)
      this.faults.push({ kind, after_seq: after, before_seq: Math.max(before, after + 1) });
  }

  /** In the order of the trail. */
  list(): Fault[] {
    const merged: Fault[] = [];
    for (const fault of this.faults.toSorted((a, b) => a.after_seq - b.after_seq)) {
      const same = merged.findLastIndex(({ kind }) => kind === fault.kind);
      const before = merged[same];
      if (before === undefined || fault.after_seq >= before.before_seq) merged.push(fault);
      else merged[same] = { ...before, before_seq: Math.max(before.before_seq, fault.before_seq) };
    }
    return merged;
  }
}
