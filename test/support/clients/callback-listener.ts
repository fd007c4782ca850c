import { serveLocally } from '../run/local-server';

/** A native app's end of the redirect: a listener on a loopback port of its own. Source: RFC 8252 §7.3. */
export interface CallbackListener {
  /** `http://127.0.0.1:PORT`, to which a client's registered path is added. */
  readonly origin: string;
  close(): Promise<void>;
}

/** Answers every path with a page that says it is the application; `html` is its body. */
export async function listenForCallback(html = '<p>Back in the application</p>'): Promise<CallbackListener> {
  const { url: origin, close } = await serveLocally((_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8').end(`<!doctype html><title>App</title>${html}`);
  });
  return { origin, close };
}
