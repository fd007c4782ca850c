import * as z from 'zod';
import { hash, optional, record, type RecordType, time } from '../../platform/storage/record-schema';
import type { RecordDatabase, Records } from '../../platform/storage/records';
import { linkPurposes } from '../identity/user-store';
import { mailEvents } from './mail-texts';

/** A mail to be sent: whom it is to and what it says, never a secret. Times are in milliseconds since the epoch. */
export type Mail = z.infer<typeof mailSchema>;

const mailSchema = record({
  id: z.string(),
  /** The user whom it is about. */
  sub: z.string(),
  /** An email address. */
  to: z.string(),
  /** What happened; absent from the mail of a link. */
  event: optional(z.enum(mailEvents)),
  /** Its secret is generated when the mail is sent. */
  link: optional(
    record({
      purpose: z.enum(linkPurposes),
      expiresAt: time,
      /** Hash of the secret that was shown to the operator: the mail is for that link, and for no later one. */
      shownHash: optional(hash),
    }),
  ),
  createdAt: time,
  /** When it is tried next; whoever tries it moves this on first. */
  dueAt: time,
  /** It is given up then. */
  expiresAt: time,
  attempts: z.number(),
});

/** In the order in which they are due. */
export const mailRecords: RecordType<Mail> = {
  name: 'mails',
  schema: mailSchema,
  key: ({ dueAt, id }) => `${String(Math.floor(dueAt)).padStart(15, '0')} ${id}`,
  isKeyChanging: true,
  namesOf: ({ id }) => [id],
};

/** The mails that are not sent yet. Every method rejects with StoreUnavailableError when the database does not answer in time. */
export class MailStore {
  private readonly mails: Records<Mail>;

  constructor(database: RecordDatabase) {
    this.mails = database.records(mailRecords);
  }

  async add(mail: Mail): Promise<void> {
    await this.mails.add(mail);
  }

  /** Up to `limit` mails that are due at `now`, the earliest first. */
  async due(now: number, limit: number): Promise<Mail[]> {
    const first = await this.mails.page(limit);
    return first.filter(({ dueAt }) => dueAt <= now);
  }

  /** Takes a due mail for one attempt, until `until`; undefined when another process has taken it, or it is gone. */
  async claim(id: string, now: number, until: number): Promise<Mail | undefined> {
    return this.mails.change({ name: id }, (mail) =>
      mail.dueAt > now ? undefined : { ...mail, dueAt: until, attempts: mail.attempts + 1 },
    );
  }

  async postpone(id: string, dueAt: number): Promise<void> {
    await this.mails.change({ name: id }, (mail) => ({ ...mail, dueAt }));
  }

  async remove(id: string): Promise<void> {
    await this.mails.remove({ name: id });
  }
}
