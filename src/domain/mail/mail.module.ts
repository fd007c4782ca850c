import { Module } from '@nestjs/common';
import { MailContents } from './mail-contents';
import { MailDelivery } from './mail-delivery';
import { Outbox } from './outbox';

/** Mail to end-users. */
@Module({ providers: [Outbox, MailContents, MailDelivery], exports: [Outbox, MailDelivery] })
export class MailModule {}
