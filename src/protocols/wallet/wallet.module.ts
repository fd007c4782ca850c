import { Module } from '@nestjs/common';
import { ApisModule } from '../../domain/apis/apis.module';
import { TokensModule } from '../../domain/tokens/tokens.module';
import { AccessStatements } from './access-statements';
import { AccountProof } from './account-proof';
import { ChallengeIssuer } from './challenge-issuer';
import { ContractAccountLimits } from './contract-account-limits';
import { ContractAccountSigner } from './contract-account-signer';
import { EvmChains } from './evm-chains';
import { EoaSigner } from './eoa-signer';
import { KnownHosts } from './known-hosts';
import { RequestChallengeFlow } from './request-challenge.flow';
import { SignInFlow } from './sign-in.flow';
import { SignerRecovery } from './signer-recovery';
import { WalletLinks } from './wallet-links';
import { WalletLogins } from './wallet-logins';
import { WalletChallenges } from './wallet-challenges';
import { WalletController } from './wallet.controller';

/** The wallet model. */
@Module({
  imports: [ApisModule, TokensModule],
  controllers: [WalletController],
  providers: [
    { provide: SignerRecovery, useFactory: () => SignerRecovery.load() },
    AccessStatements,
    AccountProof,
    ChallengeIssuer,
    ContractAccountLimits,
    ContractAccountSigner,
    EvmChains,
    EoaSigner,
    KnownHosts,
    RequestChallengeFlow,
    SignInFlow,
    WalletChallenges,
    WalletLinks,
    WalletLogins,
  ],
  exports: [EvmChains, WalletLinks, WalletLogins],
})
export class WalletModule {}
