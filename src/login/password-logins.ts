import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Authentication } from '../identity/authentication';
import { Clock } from '../clock';
import { passwordMatches, passwordsAreBusy } from '../credentials/password';
import { PasswordsBusyError } from '../credentials/password-pool';
import { HttpError } from '../http/http-error';
import { UserStore } from '../identity/user-store';
import { KnownBrowsers } from './known-browsers';
import { PasswordGuesses } from './password-guesses';

/** Seconds after which a queue of passwords is short again. */
const retryAfterBusy = '2';

/** Logs end-users in by their password. */
@Injectable()
export class PasswordLogins {
  constructor(
    private readonly clock: Clock,
    private readonly users: UserStore,
    private readonly browsers: KnownBrowsers,
    private readonly guesses: PasswordGuesses,
  ) {}

  /**
   * The login of the user, or undefined: nothing, not even the time, tells an unknown user from a wrong password. The
   * browser is known for the user from then on. Throws: 429 with `Retry-After` when the user was guessed at too often, or
   * too many passwords wait.
   */
  async authenticate(reply: FastifyReply, username: string, password: string): Promise<Authentication | undefined> {
    // Before anything is counted: what is refused for want of a place leaves nothing behind.
    if (passwordsAreBusy()) throw tooMany();
    const user = await this.users.findByUsername(username);
    const marker = user === undefined ? undefined : this.browsers.markerOf(reply.request, user);
    await this.guesses.take(username, marker);
    const matches = await passwordMatches(user?.passwordHash, password).catch(async (error: unknown) => {
      await this.guesses.giveBack(username, marker);
      throw error instanceof PasswordsBusyError ? tooMany() : error;
    });
    if (user === undefined || !matches) return undefined;
    await this.guesses.giveBack(username, marker);
    this.browsers.remember(reply, user);
    return { sub: user.id, amr: ['pwd'], authTime: Math.floor(this.clock.now() / 1000) };
  }
}

function tooMany(): HttpError {
  return new HttpError('rate_limited', { headers: { 'retry-after': retryAfterBusy } });
}
