import { Module } from '@nestjs/common';
import { MailModule } from '../../domain/mail/mail.module';
import { TokensModule } from '../../domain/tokens/tokens.module';
import { LoginModule } from '../../protocols/login/login.module';
import { AdminAccess } from './admin-access';
import { administration } from './administration';

/** What operators can do, and who is one: for the API, the console and the dashboards. */
@Module({
  imports: [TokensModule, LoginModule, MailModule],
  providers: [AdminAccess, ...administration],
  exports: [AdminAccess, ...administration],
})
export class AdministrationModule {}
