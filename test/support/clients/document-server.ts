import type { IncomingMessage, RequestListener } from 'node:http';
import { serveLocally } from '../run/local-server';

/** A host of somebody else's, which answers as a test has it answer, and remembers what it was asked. */
export interface DocumentServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly asked: { readonly method: string; readonly url: string; readonly body: string }[];
  /** What it answers from now on. */
  answer: RequestListener;
  /** Answers with JSON from now on. */
  serve(value: unknown, headers?: Readonly<Record<string, string>>): void;
  close(): Promise<void>;
}

export async function documentServer(host = '127.0.0.1'): Promise<DocumentServer> {
  const { url: origin, close } = await serveLocally(
    (request, response) => {
      void bodyOf(request).then((body) => {
        served.asked.push({ method: request.method ?? '', url: request.url ?? '', body });
        served.answer(request, response);
      });
    },
    { host },
  );
  const served: DocumentServer = {
    origin,
    asked: [],
    answer: (_request, response) => void response.writeHead(404).end(),
    serve: (value, headers = {}) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      served.answer = (_request, response) =>
        void response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(text);
    },
    close,
  };
  return served;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
