import type { Seal } from './audit-seal';
import type { ChainCheck } from './chain-check';
import type { SignedSeals } from './signed-seals';

/** Where seals are missing before this number. */
interface Hole {
  readonly number: number;
  readonly after: number;
  readonly before: number;
}

/** Reads the seals as the events need them, and finds those that are missing. */
export class SealCheck {
  private reading: ReturnType<SignedSeals['after']>;
  private isRead = false;
  /** The highest `seq` that they have. */
  private top = 0;
  /** The last number, and that of the last seal of the service. */
  private number = 0;
  private valid = 0;
  private readonly holes: Hole[] = [];
  private readonly removed = { audit: 0, audit_security: 0 };
  private first = 1;

  constructor(
    private readonly seals: SignedSeals,
    private readonly chains: ChainCheck,
  ) {
    this.reading = seals.after(0);
  }

  /** Reads seals until one has events up to there. */
  async readUpTo(seq: number): Promise<void> {
    while (this.top < seq && !this.isRead) await this.readNext();
  }

  /**
   * Reads the rest, and what was sealed meanwhile. `known`: the number of a seal that was there before. Returns what the service
   * has removed.
   */
  async readAll(known: number, upTo: number): Promise<Seal['removed']> {
    while (!this.isRead) await this.readNext();
    this.reading = this.seals.after(this.number);
    this.isRead = false;
    while (!this.isRead) await this.readNext();
    const { faults } = this.chains;
    for (const { number, after, before } of this.holes)
      if (number > this.first) faults.add('seal_missing', after, before);
    if (this.valid < Math.max(this.number, known)) faults.add('seal_missing', this.top, upTo + 1);
    return this.removed;
  }

  private async readNext(): Promise<void> {
    const { done, value } = await this.reading.next();
    this.isRead = done === true;
    if (done === true) return;
    this.number = value.number;
    if (value.seal !== undefined) this.take(value.seal);
  }

  private take({ number, heads, removed, first }: Seal): void {
    const top = Math.max(this.top, ...heads.map(({ seq }) => seq));
    if (number > this.valid + 1) this.holes.push({ number, after: this.top, before: top });
    this.valid = number;
    this.top = top;
    this.first = Math.max(this.first, first);
    this.removed.audit = Math.max(this.removed.audit, removed.audit);
    this.removed.audit_security = Math.max(this.removed.audit_security, removed.audit_security);
    for (const head of heads) this.chains.expect(head);
  }
}
