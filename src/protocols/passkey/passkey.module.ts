import { Module } from '@nestjs/common';
import { PasskeyCreations } from './passkey-creations';
import { PasskeyLogins } from './passkey-logins';

/** The passkey model. */
@Module({
  providers: [PasskeyCreations, PasskeyLogins],
  exports: [PasskeyCreations, PasskeyLogins],
})
export class PasskeyModule {}
