import { Module } from '@nestjs/common';
import { AccountNames } from '../../domain/identity/account-names';
import { MailModule } from '../../domain/mail/mail.module';
import { TokensModule } from '../../domain/tokens/tokens.module';
import { PasskeyModule } from '../passkey/passkey.module';
import { WalletModule } from '../wallet/wallet.module';
import { CredentialChanges } from './account/credential-changes';
import { AccountEmailController } from './account/email.controller';
import { AccountPasskeysController } from './account/passkeys.controller';
import { AccountPasswordController } from './account/password.controller';
import { PersonAccess } from './account/person-access';
import { AccountRecoveryCodesController } from './account/recovery-codes.controller';
import { AccountWalletsController } from './account/wallets.controller';
import { AccountAccess } from './account-access';
import { AccountController } from './account.controller';
import { AccountViews } from './account-view';
import { FormProtection } from './csrf';
import { Revocation } from './revocation';
import { KnownBrowsers } from './known-browsers';
import { LinkController } from './links/link.controller';
import { RecoverController } from './links/recover.controller';
import { Recoveries } from './links/recoveries';
import { LinkUses } from './links/link-uses';
import { LinkedWallets } from './linked-wallets';
import { LogoutHint } from './logout-hint';
import { PasskeyLoginController } from './passkey-login.controller';
import { PasswordGuesses } from './password-guesses';
import { LoginController } from './login.controller';
import { LoginPage } from './login-page';
import { LogoutNotices } from './logout-notices';
import { LogoutController } from './logout.controller';
import { PasswordLogins } from './password-logins';
import { PasswordUpgrades } from './password-upgrades';
import { PushedRequests } from './pushed-requests';
import { RecoveryLoginController } from './recovery-login.controller';
import { RecoveryLogins } from './recovery-logins';
import { NewCredentials } from './new-credentials';
import { Sessions } from './sessions';
import { SignUpController } from './sign-up/sign-up.controller';
import { SignUps } from './sign-up/sign-ups';
import { WalletLoginController } from './wallet-login.controller';

/** Users, their logins and their sessions. */
@Module({
  imports: [TokensModule, WalletModule, PasskeyModule, MailModule],
  controllers: [
    LoginController,
    PasskeyLoginController,
    WalletLoginController,
    LogoutController,
    AccountController,
    AccountEmailController,
    AccountPasskeysController,
    AccountPasswordController,
    AccountRecoveryCodesController,
    AccountWalletsController,
    RecoveryLoginController,
    LinkController,
    RecoverController,
    SignUpController,
  ],
  providers: [
    AccountAccess,
    AccountNames,
    AccountViews,
    CredentialChanges,
    PersonAccess,
    Revocation,
    FormProtection,
    KnownBrowsers,
    LinkUses,
    NewCredentials,
    Recoveries,
    LinkedWallets,
    LogoutHint,
    LoginPage,
    LogoutNotices,
    PasswordGuesses,
    PasswordLogins,
    PasswordUpgrades,
    PushedRequests,
    RecoveryLogins,
    Sessions,
    SignUps,
  ],
  exports: [AccountNames, Revocation, FormProtection, PushedRequests, Sessions, SignUps],
})
export class LoginModule {}
