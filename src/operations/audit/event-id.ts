import { randomText } from '../../domain/credentials/random';

/** Milliseconds in base 36: nine characters reach beyond the year 5000. */
const timeLength = 9;
const counterLength = 4;
const counters = 36 ** counterLength;

const form = /^[\da-z]{9}[\da-z]{4}[\da-f]{6}$/;

/** Generates the ids of one process: sortable by time, and unique over all processes. */
export class EventIds {
  private readonly process = randomText(3, 'hex');
  private counter = 0;
  private latest = { time: Number.NaN, id: '' };

  /** `time`: milliseconds since the epoch. */
  next(time: number): string {
    this.counter = (this.counter + 1) % counters;
    if (this.latest.time !== time) this.latest = { time, id: idAt(time) };
    return this.latest.id + this.counter.toString(36).padStart(counterLength, '0') + this.process;
  }
}

/** Sorts before every id of this time and after those of earlier times. */
export function idAt(time: number): string {
  return Math.max(0, Math.floor(time)).toString(36).padStart(timeLength, '0');
}

/** The time of an id; milliseconds since the epoch. */
export function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, timeLength), 36);
}

export function isEventId(text: string): boolean {
  return form.test(text);
}
