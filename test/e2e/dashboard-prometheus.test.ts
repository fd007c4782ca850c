import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { adminToken } from '../support/operations/admin';
import { consoleBrowser } from '../support/operations/console';
import { freePort } from '../support/run/free-port';
import { startService, type TestService } from '../support/service/service';
import { newAccount, signIn } from '../support/clients/wallet';
import { type LocalServer, serveLocally } from '../support/run/local-server';

/** 3 s, and what the page itself takes on a busy machine. */
const boundMs = 8_000;

interface Shown {
  readonly status: number;
  readonly html: string;
  readonly ms: number;
}

describe('the dashboard with a Prometheus that does not serve', () => {
  let service: TestService | undefined;
  let server: LocalServer | undefined;

  afterEach(async () => {
    await service?.stop();
    await server?.close();
    [service, server] = [undefined, undefined];
  });

  async function listen(answer: RequestListener): Promise<string> {
    server = await serveLocally(answer);
    return server.url;
  }

  async function shownWith(url: string): Promise<Shown> {
    service = await startService('lmdb', { ADMIN_TOKEN: adminToken, PROMETHEUS_URL: url });
    await signIn(service, newAccount());
    const browser = await consoleBrowser(service);
    const begun = performance.now();
    const answer = await browser.fetch('/admin/dashboard?view=executive');
    return { status: answer.status, html: await answer.text(), ms: performance.now() - begun };
  }

  it.each<readonly [string, RequestListener]>([
    ['never answers', () => {}],
    ['begins an answer and does not end it', (_request, response) => void response.write('{"status":')],
    ['answers 503', (_request, response) => void response.writeHead(503).end('down')],
    ['answers with a page', (_request, response) => void response.end('<html></html>')],
    ['answers with an error', (_request, response) => void response.end('{"status":"error","error":"no"}')],
    ['answers with another shape', (_request, response) => void response.end('{"status":"success","data":[]}')],
    ['answers without an end', (_request, response) => void pour(response)],
    ['leads elsewhere', (_request, response) => void response.writeHead(307, { location: 'http://192.0.2.1/' }).end()],
  ])(
    'given one that %s, when a view is shown, then the page says so in time, and has figures of its own',
    async (_how, answer) => {
      const { status, html, ms } = await shownWith(await listen(answer));

      expect(status).toBe(200);
      expect(ms).toBeLessThan(boundMs);
      expect(html).toContain('does not answer as it should');
      expect(html).toContain('From this server’s memory');
      expect(html).toMatch(/<dt>wallet<\/dt><dd class="value">1<\/dd>/);
    },
  );

  it('given none at that port, when a view is shown, then the page says so', async () => {
    const { status, html } = await shownWith(`http://127.0.0.1:${await freePort()}`);

    expect(status).toBe(200);
    expect(html).toContain('does not answer as it should');
  });

  it('given one that answers with markup in its labels, when they are shown, then it is text', async () => {
    const metric = { model: '<script>alert(1)</script>', step: '"x' };
    const url = await listen((request, response) => {
      const isRange = request.url === '/prometheus/api/v1/query_range';
      const result = [isRange ? { metric, values: [[1, '5']] } : { metric, value: [1, '5'] }];
      response.end(JSON.stringify({ status: 'success', data: { resultType: isRange ? 'matrix' : 'vector', result } }));
    });

    const { html } = await shownWith(`${url}/prometheus/`);

    expect(html).toContain('From Prometheus.');
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(html).not.toContain('<script>');
  });
});

/** Writes for as long as somebody reads. */
function pour(response: Parameters<RequestListener>[1]): void {
  const chunk = ' '.repeat(64 * 1024);
  const write = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', write);
  write();
}
