import type { Abstract, FactoryProvider, Type } from '@nestjs/common';
import { ApiStore } from '../../domain/apis/api-store';
import { ChallengeStore } from '../../domain/challenges/challenge-store';
import { GrantStore } from '../../domain/challenges/grant-store';
import { ClientStore } from '../../domain/clients/client-store';
import { Clock } from '../../platform/clock';
import { CONFIG } from '../../platform/config';
import { Outbox } from '../../domain/mail/outbox';
import { UserStore } from '../../domain/identity/user-store';
import { ConsentStore } from '../../protocols/login/consent-store';
import { Revocation } from '../../protocols/login/revocation';
import { SessionStore } from '../../protocols/login/session-store';
import { KeyRing } from '../../domain/tokens/key-ring';
import { AdminApis } from './apis';
import { AdminClients } from './clients';
import { OperatorStore } from '../../domain/operators/operator-store';
import { AdminOperators } from './operators';
import { AdminKeys } from './keys';
import { AdminGrants, AdminSessions } from './logins';
import { AdminUserLinks } from './user-links';
import { AdminUsers } from './users';

type Token = Abstract<unknown> | Type<unknown> | typeof CONFIG;

/** Provides a class without Nest decorators, with its dependencies. */
export function made<Made>(provide: Type<Made>, ...inject: readonly Token[]): FactoryProvider<Made> {
  return { provide, inject: [...inject], useFactory: (...parts: unknown[]) => new provide(...parts) };
}

/** What an operator can do, for the API and the command line. */
export const administration = [
  made(AdminClients, ClientStore, ApiStore, ChallengeStore, Revocation, Clock, KeyRing),
  made(AdminApis, ApiStore, ClientStore, Clock, CONFIG),
  made(AdminUsers, UserStore, ConsentStore, Revocation, Clock),
  made(AdminUserLinks, UserStore, Clock, CONFIG, Outbox),
  made(AdminGrants, GrantStore, Revocation, Clock, UserStore),
  made(AdminSessions, SessionStore, Revocation, Clock, UserStore),
  made(AdminKeys, KeyRing),
  made(AdminOperators, OperatorStore, Clock),
];
