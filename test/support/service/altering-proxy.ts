import type { IncomingMessage } from 'node:http';
import { type LocalServer, serveLocally } from '../run/local-server';

/** An answer on its way back. */
export interface PassingAnswer {
  status: number;
  headers: Record<string, string | string[]>;
  body: string;
}

export interface PassingRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/** Changes an answer in place; `false` keeps it back for ever. */
export type Alter = (request: PassingRequest, answer: PassingAnswer) => boolean | undefined | void;

/** Stands between a client and the service, as a proxy does, and may change what goes back. */
export class AlteringProxy {
  readonly requests: PassingRequest[] = [];
  alter: Alter = () => undefined;

  private constructor(
    private readonly served: LocalServer,
    private readonly target: string,
  ) {
    served.server.on('request', (request: IncomingMessage, response) => {
      void this.pass(request).then((answer) => {
        if (answer !== undefined) response.writeHead(answer.status, answer.headers).end(answer.body);
      });
    });
  }

  static async start(port: number, target: string): Promise<AlteringProxy> {
    return new AlteringProxy(await serveLocally(undefined, { host: 'localhost', port }), target);
  }

  stop(): Promise<void> {
    return this.served.close();
  }

  private async pass(request: IncomingMessage): Promise<PassingAnswer | undefined> {
    const body = (await request.setEncoding('utf8').toArray()).join('');
    const { method = 'GET', url: path = '/' } = request;
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
    const passing = { method, path, body };
    this.requests.push(passing);
    const response = await fetch(new URL(path, this.target), {
      method,
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
      redirect: 'manual',
      ...(body !== '' && { body }),
    });
    const answer: PassingAnswer = { status: response.status, headers: {}, body: await response.text() };
    for (const name of ['content-type', 'location']) {
      const value = response.headers.get(name);
      if (value !== null) answer.headers[name] = value;
    }
    const cookies = response.headers.getSetCookie();
    if (cookies.length > 0) answer.headers['set-cookie'] = cookies;
    return this.alter(passing, answer) === false ? undefined : answer;
  }
}
