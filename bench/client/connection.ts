import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly cookies: readonly string[];
  readonly body: string;
}

/**
 * One keep-alive connection, one request at a time. Written by hand because on one core every other client of Node's
 * costs more than the servers that are measured; answers must carry `Content-Length`, as all of theirs do.
 */
export class Connection {
  private received = '';
  private waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;

  /** Sent with every request. */
  headers: Readonly<Record<string, string>> = {};

  private constructor(
    private readonly socket: Socket,
    private readonly host: string,
  ) {
    // One character a byte, so that lengths in bytes are lengths of the text.
    socket.setEncoding('latin1').setNoDelay();
    socket.on('data', (chunk: string) => this.read(chunk));
    socket.on('close', () => this.fail(new Error('the server closed the connection')));
    socket.on('error', (error) => this.fail(error));
  }

  static async open(origin: string): Promise<Connection> {
    const { hostname, port, host } = new URL(origin);
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => resolve(new Connection(socket, host)));
      socket.once('error', reject);
    });
  }

  async send(method: 'GET' | 'POST', path: string, headers: Record<string, string> = {}, body = ''): Promise<Answer> {
    const length = method === 'POST' ? { 'content-length': String(Buffer.byteLength(body)) } : {};
    const fields = Object.entries({ host: this.host, ...this.headers, ...headers, ...length });
    const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.write(`${method} ${path} HTTP/1.1\r\n${head}\r\n${body}`);
    });
  }

  async postForm(path: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    return this.send('POST', path, { ...type, ...headers }, new URLSearchParams(fields).toString());
  }

  async postJson(path: string, value: object, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send('POST', path, { 'content-type': 'application/json', ...headers }, JSON.stringify(value));
  }

  close(): void {
    this.socket.destroy();
  }

  private read(chunk: string): void {
    this.received += chunk;
    const headEnd = this.received.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const { length, ...answer } = parseHead(this.received.slice(0, headEnd));
    if (length === undefined) return this.fail(new Error(`an answer ${answer.status} without Content-Length`));
    const bodyStart = headEnd + 4;
    if (this.received.length < bodyStart + length) return;
    const body = this.received.slice(bodyStart, bodyStart + length);
    this.received = this.received.slice(bodyStart + length);
    this.waiting?.resolve({ ...answer, body });
    this.waiting = undefined;
  }

  private fail(error: Error): void {
    this.waiting?.reject(error);
    this.waiting = undefined;
  }
}

function parseHead(head: string): Omit<Answer, 'body'> & { length: number | undefined } {
  const [statusLine = '', ...lines] = head.split('\r\n');
  const fields = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const headers = new Map(fields);
  const length = headers.get('content-length');
  return {
    status: Number(statusLine.split(' ')[1]),
    headers,
    cookies: fields.filter(([name]) => name === 'set-cookie').map(([, value]) => value),
    length: length === undefined ? undefined : Number(length),
  };
}
