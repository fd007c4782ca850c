import { parseArgs } from 'node:util';
import { Progress } from './progress';
import { reportOf } from './report';
import { ComparisonServer, ServerProblem } from './server';

const usage = `npm run compare -- [--url http://localhost:3000] [--json] [--token]

Runs both logins and every attack against a running server, and prints what happened.
  --url    the server, an origin
  --json   the comparison and the run as JSON
  --token  sends the admin token, read from ADMIN_TOKEN, which a server in production asks for

Exit status: 0 every attack was defended against, 1 one got through, 2 it could not be found out.
`;

const exit = { defended: 0, gotThrough: 1, unknown: 2 } as const;

async function main(): Promise<number> {
  const { url, json, token } = options();
  const progress = new Progress(process.stderr);
  const server = new ComparisonServer(url, token);
  const run = await server.run((event) => progress.show(event)).finally(() => progress.clear());
  const comparison = await server.comparison();
  process.stdout.write(json ? `${JSON.stringify({ comparison, run }, null, 2)}\n` : reportOf(comparison, run));
  if (run.status === 'passed') return exit.defended;
  return run.status === 'failed' ? exit.gotThrough : exit.unknown;
}

function options(): { url: string; json: boolean; token: string | undefined } {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: 'http://localhost:3000' },
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
  return { url: new URL(values.url).origin, json: values.json, token: values.token ? adminToken : undefined };
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
