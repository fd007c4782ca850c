import * as z from 'zod';
import type { Events } from '../../domain/events/events';
import { linkLifetime, longestLinkLifetime, newLink, urlOfLink, withLink } from '../../domain/identity/user-links';
import type { Acting } from '../../domain/operators/operators';
import type { Outbox } from '../../domain/mail/outbox';
import type { UserStore } from '../../domain/identity/user-store';
import type { Clock } from '../../platform/clock';
import type { Config } from '../../platform/config';
import { FieldError } from '../../platform/fields/field-error';
import { choiceField, flagField, numberField } from '../../platform/fields/field-kinds';
import { allowedIn, type Fields, type JsonObject, namesIn, readFields } from '../../platform/fields/fields';
import { AdminError, found } from './admin-error';
import { assertMayManage } from './user-rights';

/** The fields of a link. Source: docs/http-api.md, section Administration. */
export const linkFields = {
  purpose: choiceField(['invitation', 'recovery'], 'what it is for; recovery ends all sessions and grants'),
  expires_in: numberField(1, longestLinkLifetime, `seconds that it lives; ${linkLifetime} by default`),
  send: flagField('also mail it to the verified address of the user'),
} satisfies Fields;

export const linkAnswer = z.object({
  url: z.string().describe('Shown once: the store keeps the hash of its secret.'),
  expires_at: z.int().describe('Seconds since the epoch.'),
});

export type LinkAnswer = Readonly<z.infer<typeof linkAnswer>>;

/** Makes the links by which end-users set a password or a passkey. Every method may throw StoreUnavailableError. */
export class AdminUserLinks {
  constructor(
    private readonly users: UserStore,
    private readonly clock: Clock,
    private readonly config: Config,
    private readonly outbox: Outbox,
  ) {}

  /** Replaces the user's link of this purpose. Throws: AdminError. */
  async make(id: string, asked: JsonObject, events: Events, by: Acting): Promise<LinkAnswer> {
    const { purpose, expires_in: seconds = linkLifetime, send = false } = readFields(linkFields, asked);
    if (purpose === undefined) throw new FieldError('purpose', allowedIn(linkFields.purpose));
    const { secret, link } = newLink({ purpose, expiresAt: this.clock.now() + seconds * 1000 });
    const user = found(await this.users.find(id));
    assertMayManage(by, user);
    const to = this.outbox.addressOf(user);
    if (send && to === undefined) throw new AdminError('mail_unavailable');
    await events.announce({ type: 'link_made', sub: id, changed: namesIn(asked) });
    found(
      await this.users.change(id, (before) => {
        assertMayManage(by, before);
        return withLink(before, link);
      }),
    );
    const { expiresAt, secretHash: shownHash } = link;
    if (send && to !== undefined) await this.outbox.sendLink({ id }, to, { purpose, expiresAt, shownHash });
    return { url: urlOfLink(this.config.issuer, secret), expires_at: Math.floor(link.expiresAt / 1000) };
  }
}
