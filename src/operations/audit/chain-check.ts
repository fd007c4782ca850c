import type { SpacedEvent } from './audit-store';
import type { Seal } from './audit-seal';
import { hashOf, type Head, type SpaceName } from './chain';
import { FaultList } from './fault-list';
import { linkIn } from './link';

type SealedHead = Seal['heads'][number];

/** How far a chain has been followed. */
interface State {
  readonly chain: number;
  readonly space: SpaceName;
  /** Its last event. */
  seq: number;
  /** Of the last event; undefined when that is no event to go on from. */
  hash: string | undefined;
  /** The first event that no seal has so far. */
  unsealed: number | undefined;
  /** The last event that a seal has. */
  sealed: number;
  /** Where events are missing, which may still follow. */
  gaps: Gap[];
  /** An event out of its place, which the next one may follow. */
  moved: number;
}

/** Missing events of a chain, of which the last is known. */
interface Gap {
  readonly after: number;
  readonly before: number;
  readonly missing: number;
}

/** What is known of the trail when all of it has been read. */
export interface Ending {
  /** The `seq` up to which events were read. */
  readonly upTo: number;
  /** The ends of chains without a seal, as the ledger had them before. */
  readonly heads: readonly Head[];
  /** See {@link Seal}. */
  readonly removed: Seal['removed'];
}

const gapsAtMost = 100;
const unreadableAtMost = 1_000;

/** Follows every chain of the trail by its events, ascending, and compares it with its seals. */
export class ChainCheck {
  readonly faults = new FaultList();
  private readonly chains = new Map<number, State>();
  /** What seals say of events that have not been read yet; of those that have gone by, the last. */
  private readonly expected = new Map<number, SealedHead[]>();
  /** Events without a readable link: they are no gap. */
  private readonly unreadable = new Set<number>();
  private at = 0;

  /** A seal says that a chain ends there. */
  expect(head: SealedHead): void {
    const state = this.chains.get(head.chain);
    // A seal of another process may come before: what the chain has gone on to since has a seal of its own.
    if (state !== undefined && head.seq < state.seq) return;
    if (state?.seq === head.seq) return this.seal(state, head, state.hash);
    const waiting = (this.expected.get(head.chain) ?? []).filter(({ seq }) => seq > this.at);
    this.expected.set(head.chain, [...waiting, head]);
  }

  see({ space, seq, link: text, ...event }: SpacedEvent): void {
    this.at = seq;
    const link = linkIn(text);
    if (link === undefined) {
      if (this.unreadable.size < unreadableAtMost) this.unreadable.add(seq);
      return this.faults.add('changed', seq - 1, seq + 1);
    }
    const state = this.chains.get(link.chain) ?? this.begin(link.chain, space);
    if (link.after === state.moved && state.moved > state.seq) this.goOn(state, state.moved, undefined);
    if (link.after < state.seq) return this.turnBack(state, seq, link.after);
    const isNext = link.after === state.seq;
    if (isNext && state.hash !== undefined && state.hash !== link.hash) this.faults.add('changed', goodIn(state), seq);
    if (!isNext) this.leap(state, seq, link.after);
    // An event cannot follow itself: its number is another's.
    const isInPlace = link.after < seq;
    const hash = isInPlace ? hashOf(event, seq, link) : undefined;
    if (isInPlace && hash === undefined) this.faults.add('changed', seq - 1, seq + 1);
    this.goOn(state, seq, hash);
  }

  end({ upTo, heads, removed }: Ending): { readonly unsealedFrom?: number } {
    for (const { chain, space, gaps } of this.chains.values()) {
      for (const { after, before, missing } of gaps)
        if (missing > removed[space]) this.faults.add('removed', Math.max(after, chain - 1, removed[space]), before);
    }
    const beyond = this.checkEnds(upTo, removed);
    return this.checkUnsealed(heads, upTo, removed, beyond);
  }

  private begin(chain: number, space: SpaceName): State {
    const state: State = { chain, space, seq: 0, hash: undefined, unsealed: undefined, sealed: 0, gaps: [], moved: 0 };
    this.chains.set(chain, state);
    return state;
  }

  private goOn(state: State, seq: number, hash: string | undefined): void {
    const waiting = this.expected.get(state.chain) ?? [];
    const isForked =
      waiting.some((head) => head.seq > state.seq && head.seq < seq) && state.gaps.at(-1)?.before !== seq;
    if (isForked) this.faults.add('changed', state.seq, seq);
    state.seq = seq;
    state.hash = hash;
    state.unsealed ??= seq;
    const head = waiting.find((each) => each.seq === seq);
    if (head !== undefined) this.seal(state, head, hash);
  }

  /** `own`: the hash of the event that it has, unless that is no event to go on from. */
  private seal(state: State, { seq, hash, ended }: SealedHead, own: string | undefined): void {
    if (own !== undefined && own !== hash) this.faults.add('changed', goodIn(state), seq + 1);
    state.sealed = seq;
    state.unsealed = undefined;
    const later = (this.expected.get(state.chain) ?? []).filter((each) => each.seq > seq);
    if (later.length > 0) this.expected.set(state.chain, later);
    else this.expected.delete(state.chain);
    if (ended === true && state.gaps.length === 0) this.chains.delete(state.chain);
  }

  private leap(state: State, seq: number, missing: number): void {
    if (this.unreadable.has(missing)) return;
    if (state.gaps.length < gapsAtMost) state.gaps.push({ after: state.seq, before: seq, missing });
  }

  /** An event whose place is further back: where one is missing, or nowhere. */
  private turnBack(state: State, seq: number, after: number): void {
    const gap = state.gaps.find((each) => each.after === after);
    state.gaps = state.gaps.filter((each) => each !== gap);
    if (gap === undefined) this.faults.add('changed', seq - 1, seq + 1);
    else this.faults.add('reordered', after, Math.max(state.seq, seq) + 1);
    state.moved = seq;
    const head = this.expected.get(state.chain)?.find((each) => each.seq === seq);
    if (head !== undefined) this.seal(state, head, undefined);
  }

  /** Seals of events that were not there. Returns the chains that are sealed further than was read. */
  private checkEnds(upTo: number, removed: Seal['removed']): Set<number> {
    const beyond = new Set<number>();
    for (const [chain, heads] of this.expected) {
      const state = this.chains.get(chain);
      const further = heads.filter(({ seq }) => seq > endOf(state));
      if (further.length > 0) beyond.add(chain);
      const last = further.findLast(({ seq }) => seq <= upTo);
      if (last !== undefined && last.seq > removed[last.space])
        this.faults.add('removed', state?.seq ?? Math.max(chain - 1, removed[last.space]), last.seq + 1);
    }
    return beyond;
  }

  /** Ends of chains without a seal, which the ledger must have. */
  private checkUnsealed(heads: readonly Head[], upTo: number, removed: Seal['removed'], beyond: ReadonlySet<number>) {
    const known = new Map(heads.map((head) => [head.chain, head]));
    for (const { chain, space, seq, hash } of heads) {
      const state = this.chains.get(chain);
      if (seq > upTo || seq <= removed[space]) continue;
      if (state === undefined || state.seq < seq)
        this.faults.add('removed', state?.seq ?? Math.max(chain - 1, removed[space]), seq + 1);
      else if (state.seq === seq && state.hash !== undefined && state.hash !== hash)
        this.faults.add('changed', goodIn(state), seq + 1);
    }
    let unsealedFrom: number | undefined;
    for (const [chain, { seq, unsealed }] of this.chains) {
      if (unsealed === undefined || beyond.has(chain)) continue;
      if ((known.get(chain)?.seq ?? 0) < seq) this.faults.add('seal_missing', unsealed - 1, seq + 1);
      else unsealedFrom = Math.min(unsealedFrom ?? unsealed, unsealed);
    }
    return unsealedFrom === undefined ? {} : { unsealedFrom };
  }
}

/** The last event that is surely as it was. */
function goodIn({ chain, sealed }: State): number {
  return Math.max(chain - 1, sealed);
}

function endOf(state: State | undefined): number {
  return state === undefined ? 0 : Math.max(state.seq, state.moved);
}
