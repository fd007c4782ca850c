import { Module } from '@nestjs/common';
import { KeyRing } from './key-ring';

/** The signing keys, for tokens and for the audit trail. */
@Module({ providers: [KeyRing], exports: [KeyRing] })
export class KeysModule {}
