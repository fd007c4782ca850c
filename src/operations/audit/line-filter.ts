import { type EventLine, linesIn } from './event-chunk';
import type { AuditQuery } from './audit-store';
import { idAt } from './event-id';

const idBegins = '{"id":"'.length;
const idLength = 19;

/** Finds the events of a query in text, without parsing it. */
export class LineFilter {
  /** The first id that may match. */
  readonly from: string;
  /** The first one that may not any more. */
  readonly below: string | undefined;
  private readonly needles: readonly string[];

  constructor({ type, clientId, sub, ip, reason, since, until, before }: AuditQuery) {
    this.from = since === undefined ? '' : idAt(since);
    const end = until === undefined ? undefined : idAt(until);
    this.below = end === undefined || (before !== undefined && before < end) ? before : end;
    const fields = Object.entries({ type, client_id: clientId, sub, ip, reason });
    // Within a text of JSON every other quote is escaped, so that this is the field and nothing else.
    this.needles = fields.flatMap(([name, value]) =>
      value === undefined ? [] : [`"${name}":${JSON.stringify(value)}`],
    );
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
