import { Clock } from '../../src/clock';

/** A clock that runs with the wall clock, from wherever a test has moved it. */
export class TestClock extends Clock {
  private offset = 0;
  private stoppedAt: number | undefined;

  override now(): number {
    return this.stoppedAt ?? Date.now() + this.offset;
  }

  advance(milliseconds: number): void {
    this.offset += milliseconds;
  }

  /** Stands still while `work` goes on, so that a busy machine makes nothing late. */
  async standStill<Result>(work: () => Promise<Result>): Promise<Result> {
    this.stoppedAt = this.now();
    try {
      return await work();
    } finally {
      this.stoppedAt = undefined;
    }
  }
}
