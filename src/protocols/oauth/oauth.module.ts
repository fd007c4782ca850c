import { Module } from '@nestjs/common';
import { ApisModule } from '../../domain/apis/apis.module';
import { ClientKeys } from '../../domain/clients/client-keys';
import { ClientUses } from '../../domain/clients/client-uses';
import { RemoteKeys } from '../../domain/clients/remote-keys';
import { LoginModule } from '../login/login.module';
import { ClientDocuments } from '../registration/client-documents';
import { TokensModule } from '../../domain/tokens/tokens.module';
import { AuthorizeController } from './authorize.controller';
import { AuthorizeFlow } from './authorize.flow';
import { ClientAuthentication } from './client-authentication';
import { ClientCredentialsFlow } from './client-credentials.flow';
import { IntrospectController } from './introspect.controller';
import { IntrospectFlow } from './introspect.flow';
import { IntrospectorAuthentication } from './introspector-authentication';
import { MetadataController } from './metadata.controller';
import { ParController } from './par.controller';
import { PushingClients } from './pushing-client';
import { PushRequestFlow } from './push-request.flow';
import { RedeemCodeFlow } from './redeem-code.flow';
import { RefreshFlow } from './refresh.flow';
import { RevokeController } from './revoke.controller';
import { RevokeFlow } from './revoke.flow';
import { TokenController } from './token.controller';
import { UserinfoController } from './userinfo.controller';

/** The PKCE model. */
@Module({
  imports: [ApisModule, LoginModule, TokensModule],
  controllers: [
    AuthorizeController,
    ParController,
    TokenController,
    RevokeController,
    IntrospectController,
    MetadataController,
    UserinfoController,
  ],
  providers: [
    AuthorizeFlow,
    ClientAuthentication,
    ClientCredentialsFlow,
    ClientDocuments,
    ClientKeys,
    ClientUses,
    PushingClients,
    PushRequestFlow,
    RedeemCodeFlow,
    RefreshFlow,
    RemoteKeys,
    RevokeFlow,
    IntrospectFlow,
    IntrospectorAuthentication,
  ],
})
export class OAuthModule {}
