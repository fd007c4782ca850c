import { CookieJar } from '../browser/cookie-jar';
import type { Credentials } from './credentials';
import type { Wire, WireAnswer, WireRequest } from './wire';

/** An end-user's browser in a login: it keeps cookies, and follows no redirect by itself. */
export class Browser {
  private readonly jar = new CookieJar();

  constructor(
    private readonly wire: Pick<Wire, 'send'>,
    private readonly credentials: Credentials,
  ) {}

  /** The request as this browser sends it: for a page, and with its cookies. */
  prepare(request: WireRequest): WireRequest {
    return { ...request, headers: { accept: 'text/html', ...this.jar.header(), ...request.headers } };
  }

  async send(request: WireRequest): Promise<WireAnswer> {
    const answer = await this.wire.send(request);
    this.jar.take(answer.headers['set-cookie'] ?? []);
    this.credentials.learn(...this.jar.values());
    return answer;
  }

  /** Another browser with the cookies that this one has now. */
  copy(): Browser {
    const other = new Browser(this.wire, this.credentials);
    for (const [name, value] of this.jar.entries()) other.jar.set(name, value);
    return other;
  }

  /** The value of a cookie, whose name has the prefix `__Host-` outside of loopback. */
  cookie(name: string): string | undefined {
    return this.jar.get(name) ?? this.jar.get(`__Host-${name}`);
  }
}
