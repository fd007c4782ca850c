import { Clock } from '../../../src/platform/clock';

/**
 * A clock that runs with the wall clock, from wherever a test has moved it. Each test has its own: what one has moved is
 * back where it was for the next, although they share a service.
 */
export class TestClock extends Clock {
  private moved = { test: testName(), offset: 0 };
  private stoppedAt: number | undefined;

  override now(): number {
    return this.stoppedAt ?? Date.now() + this.ofThisTest().offset;
  }

  advance(milliseconds: number): void {
    this.ofThisTest().offset += milliseconds;
    if (this.stoppedAt !== undefined) this.stoppedAt += milliseconds;
  }

  /** Stands still while `work` goes on, but for what that advances it, so that a busy machine makes nothing late. */
  async standStill<Result>(work: () => Promise<Result>): Promise<Result> {
    this.stoppedAt = this.now();
    try {
      return await work();
    } finally {
      this.stoppedAt = undefined;
    }
  }

  private ofThisTest() {
    const test = testName();
    if (this.moved.test !== test) this.moved = { test, offset: 0 };
    return this.moved;
  }
}

/** Undefined outside of a test, and in a process that jest has not started, which has no global `expect`. */
function testName(): string | undefined {
  const { expect } = globalThis as { expect?: { getState(): { currentTestName?: string } } };
  return expect?.getState().currentTestName;
}
