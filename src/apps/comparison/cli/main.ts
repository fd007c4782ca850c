import { parseArgs } from 'node:util';
import { Progress } from './progress';
import { reportOf } from './report';
import { ComparisonServer, ServerProblem } from './server';

const usage = `npm run compare -- [--url http://localhost:3000] [--without id,id] [--json] [--token]

Runs the logins and every attack against a running server, and prints what happened.
  --url      the server, an origin
  --models   of pkce, wallet and passkey those to play; the first two by default
  --without  takes these checks away, at most two, in a weakened twin that the server starts; in development alone
  --json     the comparison and the run as JSON
  --token    sends the admin token, read from ADMIN_TOKEN, which a server in production asks for

Exit status: 0 every attack was defended against, 1 one got through, 2 it could not be found out.
`;

const exit = { defended: 0, gotThrough: 1, unknown: 2 } as const;

async function main(): Promise<number> {
  const { url, json, token, models, without } = options();
  const progress = new Progress(process.stderr);
  const server = new ComparisonServer(url, token);
  const run = await server.run({ models, without }, (event) => progress.show(event)).finally(() => progress.clear());
  const comparison = await server.comparison();
  process.stdout.write(json ? `${JSON.stringify({ comparison, run }, null, 2)}\n` : reportOf(comparison, run));
  if (run.status === 'passed') return exit.defended;
  return run.status === 'failed' ? exit.gotThrough : exit.unknown;
}

interface Options {
  readonly url: string;
  readonly json: boolean;
  readonly token: string | undefined;
  readonly models: readonly string[];
  readonly without: readonly string[];
}

function options(): Options {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: 'http://localhost:3000' },
      models: { type: 'string', default: 'pkce,wallet' },
      without: { type: 'string' },
      json: { type: 'boolean', default: false },
      token: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    process.exit(exit.defended);
  }
  if (!URL.canParse(values.url) || !/^https?:/.test(values.url))
    throw new Error('--url must be an http or https origin');
  const adminToken = process.env['ADMIN_TOKEN'];
  if (values.token && (adminToken ?? '') === '') throw new Error('--token needs ADMIN_TOKEN in the environment');
  return {
    url: new URL(values.url).origin,
    json: values.json,
    token: values.token ? adminToken : undefined,
    models: values.models.split(','),
    without: values.without?.split(',') ?? [],
  };
}

main().then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`compare: ${message}\n${error instanceof ServerProblem ? '' : `\n${usage}`}`);
    process.exitCode = exit.unknown;
  },
);
