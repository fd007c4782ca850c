import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, destination as destinationOf, type Logger, pino, stdTimeFunctions } from 'pino';
import { ConfigError } from './config';
import { LogGuard, type Redactions } from './log-guard';

/** Nest's injection token for the log. */
export const LOGGER = Symbol('logger');

/**
 * The service's log: one JSON object a line, on standard output. A request is logged by method, route and status, because
 * queries and bodies contain codes and verifiers. Anything that still looks like a credential is replaced, see {@link
 * LogGuard}.
 */
export function createLogger(destination: DestinationStream = standardOutput()): Logger {
  const guard = new LogGuard();
  const options = {
    // Every line passes here, whoever logs it.
    hooks: { streamWrite: (line: string) => guard.guarded(line) },
    base: { pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    serializers: {
      // Fastify's own messages: only the request's id.
      req: (request: { id?: string }) => ({ id: request.id }),
      res: (reply: { statusCode: number }) => ({ status: reply.statusCode }),
      // An error's message may quote its input; its type and stack are enough to find it.
      err: (error: Error & { code?: string }) => ({ type: error.name, code: error.code, stack: framesOf(error) }),
    },
  };
  const logger = pino(options, destination);
  guards.set(logger, guard);
  return logger;
}

const guards = new WeakMap<Logger, LogGuard>();

/** What was kept out of this log so far. */
export function redactionsOf(logger: Logger): Readonly<Redactions> {
  return guards.get(logger)?.redactions ?? { own: 0, caller: 0 };
}

/** Counts credentials in a caller's input that this log omits. */
export function keptOutOf(logger: Logger, sent: string): void {
  guards.get(logger)?.keptOut(sent);
}

/** Written synchronously on this thread: nothing is lost when the process dies, and a turn through the thread pool costs more. */
function standardOutput(): DestinationStream {
  return destinationOf({ fd: process.stdout.fd, sync: true });
}

/** Passes Nest's own messages to the log. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: unknown): void {
    this.logger.debug({ context }, String(message));
  }

  warn(message: unknown, context?: unknown): void {
    this.logger.warn({ context }, String(message));
  }

  error(message: unknown): void {
    // A wrong setting ends the process with one line of its own.
    if (message instanceof ConfigError) return;
    this.logger.error({ err: message instanceof Error ? message : undefined }, 'Nest reported an error');
  }
}

function framesOf(error: Error): string[] {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 12);
}
