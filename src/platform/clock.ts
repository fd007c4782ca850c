import { Injectable } from '@nestjs/common';

/** The only reader of the wall clock, so that tests can set the time. */
@Injectable()
export class Clock {
  /** Milliseconds since the epoch. */
  now(): number {
    return Date.now();
  }
}
