import { createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../../platform/config';
import { hashSecret, newId, secretsEqual } from '../../domain/credentials/secret';
import { passwordVersionOf, type User } from '../../domain/identity/user-store';
import { type BrowserCookie, browserCookie, cookieOf } from './browser-cookie';

/** Seconds until a browser without a login counts as unknown again. */
const lifetime = 180 * 86_400;
/** Most users remembered for one browser: the latest. */
const markersInBrowser = 4;

/** `<who: 16 characters of a hash>.<id of the marker>.<MAC>`. */
const markerForm = /^([\w-]{16})\.([\w-]{22})\.([\w-]{43})$/;

/**
 * Recognises a browser in which a user has logged in before. Its cookie has a marker for each such user, which only this server
 * can make: the key is a hash of the user's password hash, so all processes have it, nothing is stored, and a new password
 * invalidates the markers. Source: OWASP, Slow Down Online Guessing Attacks with Device Cookies.
 */
@Injectable()
export class KnownBrowsers {
  private readonly cookie: BrowserCookie;

  constructor(@Inject(CONFIG) private readonly config: Config) {
    this.cookie = browserCookie('tessera_known', config);
  }

  /** Id of the request's valid marker for this user; undefined without one. */
  markerOf(request: FastifyRequest, user: User): string | undefined {
    return this.markers(request)
      .map((marker) => markerForm.exec(marker) ?? [])
      .find(([, who, id, mac]) => who === nameOf(user) && mac !== undefined && secretsEqual(mac, macOf(user, id ?? '')))
      ?.at(2);
  }

  /** Marks the browser as known for the user who has just logged in, if limits are on. */
  remember(reply: FastifyReply, user: User): void {
    if (!this.config.rateLimit) return;
    const id = this.markerOf(reply.request, user) ?? newId();
    const who = nameOf(user);
    const others = this.markers(reply.request).filter((marker) => markerForm.test(marker) && !marker.startsWith(who));
    const markers = [`${who}.${id}.${macOf(user, id)}`, ...others].slice(0, markersInBrowser);
    reply.setCookie(this.cookie.name, markers.join('~'), { ...this.cookie.options, maxAge: lifetime });
  }

  private markers(request: FastifyRequest): string[] {
    return (cookieOf(request, this.cookie.name) ?? '').split('~', markersInBrowser);
  }
}

/** Hashed, so that the cookie does not reveal the user. */
function nameOf({ id }: User): string {
  return hashSecret(`known browser ${id}`).slice(0, 16);
}

function macOf(user: User, marker: string): string {
  const key = passwordVersionOf(user);
  return createHmac('sha256', key).update(`known browser ${user.id} ${marker}`).digest('base64url');
}
