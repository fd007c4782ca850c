import type { AuditEvent } from './audit-event';

/** So many events wait for the store at most: about 5 MB. */
const queuedAtMost = 10_000;
const batchSize = 500;

/** Events that wait for one space of the store. */
export class EventQueue {
  private held: AuditEvent[] = [];
  /** Being written; a retry is of the same events, because the store may have them already. */
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

  /** Writes what is held now; what is told meanwhile is for the next time. */
  async write(append: (events: readonly AuditEvent[]) => Promise<void>): Promise<void> {
    for (let left = this.waiting; left > 0;) {
      if (this.batch.length === 0) this.batch = this.held.splice(0, batchSize);
      // Given up meanwhile, because the process ends.
      if (this.batch.length === 0) return;
      // A batch that is retried may be a small one.
      left -= this.batch.length;
      await append(this.batch);
      this.batch = [];
    }
  }

  /** Lets go of what is being written, or of everything, and returns how many events those were. */
  giveUp(what: 'batch' | 'all'): number {
    const given = what === 'all' ? this.waiting : this.batch.length;
    this.batch = [];
    if (what === 'all') this.held = [];
    return given;
  }
}
