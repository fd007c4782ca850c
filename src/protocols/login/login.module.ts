import { Module } from '@nestjs/common';
import { AccountNames } from '../../domain/identity/account-names';
import { TokensModule } from '../../domain/tokens/tokens.module';
import { WalletModule } from '../wallet/wallet.module';
import { AccountAccess } from './account-access';
import { AccountController } from './account.controller';
import { AccountViews } from './account-view';
import { FormProtection } from './csrf';
import { Revocation } from './revocation';
import { KnownBrowsers } from './known-browsers';
import { LogoutHint } from './logout-hint';
import { PasswordGuesses } from './password-guesses';
import { LoginController } from './login.controller';
import { LoginPage } from './login-page';
import { LogoutNotices } from './logout-notices';
import { LogoutController } from './logout.controller';
import { PasswordLogins } from './password-logins';
import { PasswordUpgrades } from './password-upgrades';
import { PushedRequests } from './pushed-requests';
import { Sessions } from './sessions';
import { WalletLoginController } from './wallet-login.controller';

/** Users, their logins and their sessions. */
@Module({
  imports: [TokensModule, WalletModule],
  controllers: [LoginController, WalletLoginController, LogoutController, AccountController],
  providers: [
    AccountAccess,
    AccountNames,
    AccountViews,
    Revocation,
    FormProtection,
    KnownBrowsers,
    LogoutHint,
    LoginPage,
    LogoutNotices,
    PasswordGuesses,
    PasswordLogins,
    PasswordUpgrades,
    PushedRequests,
    Sessions,
  ],
  exports: [AccountNames, Revocation, FormProtection, PushedRequests, Sessions],
})
export class LoginModule {}
