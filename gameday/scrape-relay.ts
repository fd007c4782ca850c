import { setTimeout as delay } from 'node:timers/promises';
import type { Cleanup } from '../test/support/run/cleanup';
import { serveLocally } from '../test/support/run/local-server';

/** As Prometheus' scrape_timeout is by default. Source: Prometheus, Configuration. */
const answeredWithinMs = 10_000;

/**
 * Stands between Prometheus and a service whose scrapes come a hundred times as often as they should: Prometheus allows a scrape no
 * more than its interval, and a service that waits for a lost store takes seconds. Serves what the service said last, until it
 * says nothing within ten seconds, or nothing at all. Returns `host:port`.
 */
export async function openScrapeRelay(
  target: string,
  { token, everyMs, cleanup }: { token: string; everyMs: number; cleanup: Cleanup },
): Promise<string> {
  let latest: string | undefined;
  const closing = new AbortController();
  const scrape = () =>
    fetch(`http://${target}/metrics`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(answeredWithinMs),
    }).then(
      async (response) => (response.ok ? response.text() : undefined),
      () => undefined,
    );
  const scrapeOnAndOn = async () => {
    while (!closing.signal.aborted) {
      latest = await scrape().catch(() => undefined);
      await delay(everyMs);
    }
  };
  void scrapeOnAndOn();
  const server = await serveLocally((_request, answer) => {
    answer.statusCode = latest === undefined ? 502 : 200;
    answer.setHeader('content-type', 'text/plain; version=0.0.4');
    answer.end(latest);
  });
  cleanup.add(() => {
    closing.abort();
    return server.close();
  });
  return `127.0.0.1:${server.port}`;
}
