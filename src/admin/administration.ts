import type { Abstract, FactoryProvider, Type } from '@nestjs/common';
import { ApiStore } from '../apis/api-store';
import { ChallengeStore } from '../challenges/challenge-store';
import { GrantStore } from '../challenges/grant-store';
import { ClientStore } from '../clients/client-store';
import { Clock } from '../clock';
import { CONFIG } from '../config';
import { UserStore } from '../identity/user-store';
import { ConsentStore } from '../login/consent-store';
import { Endings } from '../login/endings';
import { SessionStore } from '../login/session-store';
import { KeyRing } from '../tokens/key-ring';
import { AdminApis } from './apis';
import { AdminClients } from './clients';
import { AdminKeys } from './keys';
import { AdminLogins } from './logins';
import { AdminUsers } from './users';
import { Application } from './apply/application';

type Token = Abstract<unknown> | Type<unknown> | typeof CONFIG;

/** A class that knows nothing of Nest, and what it is made of. */
function made<Made>(provide: Type<Made>, ...inject: readonly Token[]): FactoryProvider<Made> {
  return { provide, inject: [...inject], useFactory: (...parts: unknown[]) => new provide(...parts) };
}

/** What an operator can do, for the API and for the command line. */
export const administration = [
  made(AdminClients, ClientStore, ApiStore, ChallengeStore, Endings, Clock, KeyRing),
  made(AdminApis, ApiStore, ClientStore, Clock, CONFIG),
  made(AdminUsers, UserStore, ConsentStore, Endings, Clock),
  made(AdminLogins, GrantStore, SessionStore, Endings, Clock),
  made(AdminKeys, KeyRing),
  made(Application, ClientStore, ApiStore, UserStore, AdminClients, AdminApis, AdminUsers),
];
