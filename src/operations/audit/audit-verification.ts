import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { AuditSeals } from './audit-seals';
import { AuditStore } from './audit-store';
import { AuditTrail } from './audit-trail';
import { ChainCheck } from './chain-check';
import type { Fault } from './fault-list';
import { OneAtATime } from './one-at-a-time';
import { SealCheck } from './seal-check';
import { SignedSeals } from './signed-seals';

/** Milliseconds for which it may block the event loop. */
const turnMs = 5;

/** Whether the trail is what was written. */
export interface Verification {
  readonly whole: boolean;
  /** `seq` of its first and last event; 0 without any. */
  readonly from: number;
  readonly to: number;
  readonly events: number;
  readonly faults: readonly Fault[];
  /** `seq` of the first event whose chain has no seal yet. */
  readonly unsealed_from?: number;
}

/** Verifies the trail against its chains and seals. */
@Injectable()
export class AuditVerification {
  private readonly turns = new OneAtATime();

  constructor(
    private readonly trail: AuditTrail,
    private readonly store: AuditStore,
    private readonly seals: SignedSeals,
    private readonly own: AuditSeals,
  ) {}

  /** Of all events that are written by now, in any process. Throws: StoreUnavailableError. */
  async verify(): Promise<Verification> {
    return this.turns.run(async () => {
      await this.trail.flush();
      const { known } = this.own;
      // Before the events and seals: whatever is written, sealed or removed meanwhile is read later.
      const { settled: upTo, heads } = await this.store.state();
      const chains = new ChainCheck();
      const seals = new SealCheck(this.seals, chains);
      let [from, to, events] = [0, 0, 0];
      let begun = performance.now();
      for await (const batch of this.store.all(upTo)) {
        for (const event of batch) {
          await seals.readUpTo(event.seq);
          chains.see(event);
          from ||= event.seq;
          to = event.seq;
          events += 1;
          if (performance.now() - begun < turnMs) continue;
          await nextTurn();
          begun = performance.now();
        }
      }
      const removed = await seals.readAll(known, upTo);
      const { unsealedFrom } = chains.end({ upTo, heads, removed });
      const faults = chains.faults.list();
      const unsealed = unsealedFrom === undefined ? {} : { unsealed_from: unsealedFrom };
      return { whole: faults.length === 0, from, to, events, faults, ...unsealed };
    });
  }
}
