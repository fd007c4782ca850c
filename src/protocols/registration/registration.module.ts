import { type DynamicModule, Module } from '@nestjs/common';
import type { Config } from '../../platform/config';
import { LoginModule } from '../login/login.module';
import { TokensModule } from '../../domain/tokens/tokens.module';
import { RegistrationAccess } from './registration-access';
import { RegistrationController } from './registration.controller';
import { Registrations } from './registrations';

/** Dynamic registration; the endpoint only exists if it is on. */
@Module({})
export class RegistrationModule {
  static register({ registration }: Config): DynamicModule {
    if (registration === 'off') return { module: RegistrationModule };
    return {
      module: RegistrationModule,
      imports: [LoginModule, TokensModule],
      controllers: [RegistrationController],
      providers: [RegistrationAccess, Registrations],
    };
  }
}
