import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock';
import { StoreUnavailableError } from '../../platform/storage/store-unavailable.error';
import { AuditStore, type Cuts } from './audit-store';
import type { Seal } from './audit-seal';
import type { Head } from './chain';
import { OneAtATime } from './one-at-a-time';
import { SignedSeals } from './signed-seals';

const attempts = 50;

type NewSeal = Omit<Seal, 'number' | 'time'>;

/** Seals the trail: signed statements of how far its chains go, and of what the service has removed. */
@Injectable()
export class AuditSeals {
  private readonly turns = new OneAtATime();
  /** The last seal that this process knows of; it must never be missing again. */
  private last: Omit<Seal, 'time' | 'heads'> | undefined;
  /** The `seq` up to which each chain of this process is sealed. */
  private readonly own = new Map<number, number>();
  /** Where the chains of others ended at the last look. */
  private others: ReadonlyMap<number, number> | undefined;

  constructor(
    private readonly store: AuditStore,
    private readonly seals: SignedSeals,
    private readonly clock: Clock,
  ) {}

  /** The number of the last seal that this process knows of. */
  get known(): number {
    return this.last?.number ?? 0;
  }

  /**
   * Seals the chains of this process, and what killed writers left: at first all that has no seal, later all that did not go on
   * since the last call. Throws: StoreUnavailableError, as every method.
   */
  async seal(): Promise<void> {
    const { heads } = await this.store.state();
    const own = this.unsealed();
    const others = heads.filter(({ chain }) => !this.store.heads.some((each) => each.chain === chain));
    const left = others.filter(({ chain, seq }) => this.others === undefined || this.others.get(chain) === seq);
    this.others = new Map(others.map(({ chain, seq }) => [chain, seq]));
    await this.addHeads([...own, ...left]);
  }

  /** Seals the chains of this process, which ends. */
  async end(): Promise<void> {
    await this.addHeads(this.unsealed().map((head) => ({ ...head, ended: true })));
  }

  /** Seals what is about to be removed. */
  async sealRemoval(cuts: Cuts): Promise<void> {
    await this.add((last) => {
      const removed = later(last.removed, cuts);
      const isNew = removed.audit > last.removed.audit || removed.audit_security > last.removed.audit_security;
      return isNew ? { ...last, heads: [], removed } : undefined;
    });
  }

  /** Removes the oldest seals, all of whose chains have been removed. */
  async tidy(): Promise<void> {
    const { first, removed } = await this.turns.run(() => this.catchUp());
    const going: number[] = [];
    let next = first;
    for await (const { number, seal } of this.seals.after(first - 1)) {
      if (seal?.heads.some(({ space, seq }) => seq > removed[space])) break;
      if (seal !== undefined) next = number;
      going.push(number);
    }
    if (next === first) return;
    await this.add((last) => ({ ...last, heads: [], first: Math.max(next, last.first) }));
    for (const number of going) if (number < next) await this.seals.remove(number);
  }

  private unsealed(): Head[] {
    return this.store.heads.filter(({ chain, seq }) => this.own.get(chain) !== seq);
  }

  private async addHeads(heads: Seal['heads']): Promise<void> {
    if (heads.length === 0) return;
    const number = await this.add((last) => ({ ...last, heads }));
    for (const { chain, seq } of heads)
      if (this.store.heads.some((own) => own.chain === chain)) this.own.set(chain, seq);
    await this.store.sealed(heads, number);
  }

  /** Returns its number. */
  private async add(sealBehind: (last: NewSeal) => NewSeal | undefined): Promise<number> {
    return this.turns.run(async () => {
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const last = await this.catchUp();
        const next = sealBehind({ heads: [], removed: last.removed, first: last.first });
        if (next === undefined) return last.number;
        const seal = { ...next, number: last.number + 1, time: this.clock.now() };
        if (!(await this.seals.add(seal))) continue;
        this.last = seal;
        return seal.number;
      }
      throw new StoreUnavailableError('others were always first');
    });
  }

  /** Reads what others have sealed. */
  private async catchUp(): Promise<NonNullable<typeof this.last>> {
    let last = this.last ?? (await this.begin());
    // What is none of the service takes its number, and says nothing.
    for await (const { number, seal } of this.seals.after(last.number))
      last = {
        number,
        removed: later(last.removed, seal?.removed ?? {}),
        first: Math.max(last.first, seal?.first ?? 1),
      };
    this.last = last;
    return last;
  }

  /** Just before the last one that is noted: to read all would take long. */
  private async begin(): Promise<NonNullable<typeof this.last>> {
    const { seals } = await this.store.state();
    return { number: Math.max(0, seals - 1), removed: { audit: 0, audit_security: 0 }, first: 1 };
  }
}

function later(one: Seal['removed'], { audit = 0, audit_security: security = 0 }: Cuts): Seal['removed'] {
  return { audit: Math.max(one.audit, audit), audit_security: Math.max(one.audit_security, security) };
}
