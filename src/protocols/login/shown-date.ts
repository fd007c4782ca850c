const dates = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });

/** A time (milliseconds since the epoch) for an end-user to read. */
export function dateOf(time: number): string {
  return `${dates.format(time)} UTC`;
}
