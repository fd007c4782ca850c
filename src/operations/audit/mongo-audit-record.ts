import { mongo } from 'mongoose';
import type { AuditEvent } from './audit-event';
import type { StoredEvent } from './audit-store';
import { timeOf } from './event-id';
import { linkBytes, linkTextIn } from './link';

/** An event as stored; its id has the time. */
export type AuditRecord = Omit<AuditEvent, 'id' | 'time'> & {
  readonly _id: string;
  readonly seq: number;
  readonly link: mongo.Binary;
};

export function toRecord({ id, time: _time, ...fields }: AuditEvent, seq: number, link: string): AuditRecord {
  return { _id: id, seq, ...fields, link: toStoredLink(link) };
}

export function fromRecord({ _id, seq, link, ...others }: AuditRecord): StoredEvent {
  const time = new Date(timeOf(_id)).toISOString();
  // The id and the time are those of the chain, whatever somebody may have added.
  const { id: _otherId, time: _time, ...fields } = others as AuditEvent;
  return { id: _id, seq, time, ...fields, link: link instanceof mongo.Binary ? linkTextIn(link.value()) : '' };
}

export function toStoredLink(link: string): mongo.Binary {
  return new mongo.Binary(linkBytes(link));
}
