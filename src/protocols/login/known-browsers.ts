import { createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../../platform/config';
import { hashSecret, newId, secretsEqual } from '../../domain/credentials/secret';
import { passwordVersionOf, type User } from '../../domain/identity/user-store';
import { type BrowserCookie, browserCookie, cookieOf } from './browser-cookie';

/** Seconds: a browser that nobody has logged in with for so long is like any other. */
const lifetime = 180 * 86_400;
/** So many users of one browser are remembered, the latest. */
const markersInBrowser = 4;

/** `<who: 16 characters of a hash>.<id of the marker>.<MAC>`. */
const markerForm = /^([\w-]{16})\.([\w-]{22})\.([\w-]{43})$/;

/**
 * Tells a browser that has logged in as a user before. Its cookie carries a marker for each such user, which nobody but
 * this server can make: the key is a hash of the hash of the user's password, so that all processes have it, nothing is
 * stored, and a new password ends all markers. Source: OWASP, Slow Down Online Guessing Attacks with Device Cookies.
 */
@Injectable()
export class KnownBrowsers {
  private readonly cookie: BrowserCookie;

  constructor(@Inject(CONFIG) private readonly config: Config) {
    this.cookie = browserCookie('tessera_known', config);
  }

  /** The id of the marker by which the request's browser is known for this user; undefined when it has none. */
  markerOf(request: FastifyRequest, user: User): string | undefined {
    return this.markers(request)
      .map((marker) => markerForm.exec(marker) ?? [])
      .find(([, who, id, mac]) => who === nameOf(user) && mac !== undefined && secretsEqual(mac, macOf(user, id ?? '')))
      ?.at(2);
  }

  /** Has the browser known for the user that has just logged in, where limits are on. */
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

/** Whose a marker is, so that the cookie does not say it to who reads it. */
function nameOf({ id }: User): string {
  return hashSecret(`known browser ${id}`).slice(0, 16);
}

function macOf(user: User, marker: string): string {
  const key = passwordVersionOf(user);
  return createHmac('sha256', key).update(`known browser ${user.id} ${marker}`).digest('base64url');
}
