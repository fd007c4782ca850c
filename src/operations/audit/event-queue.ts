import type { AuditEvent } from './audit-event';

/** Most events that wait for the store: about 5 MB. */
const queuedAtMost = 10_000;
const batchSize = 500;

/** Events that wait for one space of the store. */
export class EventQueue {
  private held: AuditEvent[] = [];
  /** Being written; a retry has the same events, because the store may have them already. */
  private batch: readonly AuditEvent[] = [];

  get waiting(): number {
    return this.held.length + this.batch.length;
  }

  get hasBatch(): boolean {
    return this.held.length >= batchSize;
  }

  /** False when there is no room. */
  enqueue(event: AuditEvent): boolean {
    if (this.waiting >= queuedAtMost) return false;
    this.held.push(event);
    return true;
  }

  /** Writes the current events; later ones wait for the next write. */
  async write(append: (events: readonly AuditEvent[]) => Promise<void>): Promise<void> {
    for (let left = this.waiting; left > 0;) {
      if (this.batch.length === 0) this.batch = this.held.splice(0, batchSize);
      // Dropped meanwhile, because the process ends.
      if (this.batch.length === 0) return;
      // A retried batch may be a small one.
      left -= this.batch.length;
      await append(this.batch);
      this.batch = [];
    }
  }

  /** Drops the batch under way or everything; returns the number of events. */
  giveUp(what: 'batch' | 'all'): number {
    const given = what === 'all' ? [...this.batch, ...this.held] : this.batch;
    this.batch = [];
    if (what === 'all') this.held = [];
    return given.reduce((sum, event) => sum + happenedIn(event), 0);
  }
}

/** The number of events that it stands for. */
export function happenedIn({ type, count = 1 }: AuditEvent): number {
  return type === 'audit_erased' ? 1 : count;
}
