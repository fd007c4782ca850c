import { Module } from '@nestjs/common';
import { WalletModule } from '../wallet/wallet.module';
import { FormProtection } from './csrf';
import { KnownBrowsers } from './known-browsers';
import { PasswordGuesses } from './password-guesses';
import { DemoSeed } from '../operations/demo-seed';
import { LoginController } from './login.controller';
import { LoginPage } from './login-page';
import { PasswordLogins } from './password-logins';
import { Sessions } from './sessions';
import { WalletLoginController } from './wallet-login.controller';

/** Who is at the browser: users, their logins and their sessions. */
@Module({
  imports: [WalletModule],
  controllers: [LoginController, WalletLoginController],
  providers: [DemoSeed, FormProtection, KnownBrowsers, LoginPage, PasswordGuesses, PasswordLogins, Sessions],
  exports: [DemoSeed, FormProtection, Sessions],
})
export class LoginModule {}
