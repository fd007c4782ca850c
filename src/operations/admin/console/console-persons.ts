import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { UserStore } from '../../../domain/identity/user-store';
import type { Acting } from '../../../domain/operators/operators';
import { Clock } from '../../../platform/clock';
import { CONFIG, type Config } from '../../../platform/config';
import { phr } from '../../../protocols/login/acr';
import { consoleMaxAge } from '../../../protocols/login/interrupted-request';
import { Sessions } from '../../../protocols/login/sessions';

/** `login_needed`: they have a role, but not signed in by a passkey of late; `no_role`: somebody else is signed in. */
export type PersonAtBrowser = Acting | 'login_needed' | 'no_role' | 'nobody';

/** Users with a role in the administration, who work in the console by their own login. */
@Injectable()
export class ConsolePersons {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'rpId'>,
    private readonly clock: Clock,
    private readonly sessions: Sessions,
    private readonly users: UserStore,
  ) {}

  /** Whether anybody can sign in by a passkey. */
  get canSignIn(): boolean {
    return this.config.rpId !== undefined;
  }

  /** Who is signed in at the browser, with the role of now. */
  async at(request: FastifyRequest): Promise<PersonAtBrowser> {
    const session = this.canSignIn ? await this.sessions.current(request) : undefined;
    if (session === undefined) return 'nobody';
    const { sub, acr, authTime } = session.authentication;
    const user = await this.users.find(sub);
    if (user?.operatorRole === undefined || user.disabled === true) return 'no_role';
    const isFresh = acr === phr && this.clock.now() - authTime * 1_000 <= consoleMaxAge * 1_000;
    if (!isFresh) return 'login_needed';
    return { actor: { type: 'user', id: user.id, name: user.username }, role: user.operatorRole };
  }
}
