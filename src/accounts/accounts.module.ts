import { Module } from '@nestjs/common';
import { FormProtection } from './csrf';
import { DemoSeed } from './demo-seed';
import { LoginController } from './login.controller';
import { LoginPage } from './login-page';
import { PasswordLogins } from './password-logins';
import { Sessions } from './sessions';

/** Who is at the browser: users, their logins and their sessions. */
@Module({
  controllers: [LoginController],
  providers: [DemoSeed, FormProtection, LoginPage, PasswordLogins, Sessions],
  exports: [DemoSeed, FormProtection, Sessions],
})
export class AccountsModule {}
