import { type EventLine, linesIn } from './event-chunk';
import { type AuditQuery, fieldsOf, idsOf } from './audit-query';

const idBegins = '{"id":"'.length;
const idLength = 19;

/** Finds a query's events in text without parsing it. */
export class LineFilter {
  /** The first id that may match. */
  readonly from: string;
  /** The first id that is too late. */
  readonly below: string | undefined;
  private readonly needles: readonly string[];

  constructor(query: AuditQuery) {
    const { from = '', below } = idsOf(query);
    this.from = from;
    this.below = below;
    // Inside a JSON string quotes are escaped, so this text can only be the field.
    this.needles = fieldsOf(query).map(([name, value]) => `"${name}":${JSON.stringify(value)}`);
  }

  /** In the order of the text, which is that of the ids. */
  matchesIn(text: string): EventLine[] {
    if (!this.needles.every((needle) => text.includes(needle))) return [];
    return linesIn(text)
      .map((line) => ({ id: line.slice(idBegins, idBegins + idLength), line }))
      .filter(({ id, line }) => this.isWithin(id) && this.needles.every((needle) => line.includes(needle)));
  }

  private isWithin(id: string): boolean {
    return id >= this.from && (this.below === undefined || id < this.below);
  }
}
