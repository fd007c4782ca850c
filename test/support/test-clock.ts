import { Clock } from '../../src/clock';

/** A clock that runs with the wall clock, from wherever a test has moved it. */
export class TestClock extends Clock {
  private offset = 0;

  override now(): number {
    return Date.now() + this.offset;
  }

  advance(milliseconds: number): void {
    this.offset += milliseconds;
  }
}
