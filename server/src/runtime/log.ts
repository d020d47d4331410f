import { type Logger, pino, stdSerializers } from 'pino';

export type Log = Logger;

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** JSON lines on stdout. What could be a secret is removed here, whoever logs it. */
export function createLog(level: LogLevel): Log {
  return pino({
    level,
    base: null,
    serializers: { error: describeError, err: describeError },
    redact: {
      paths: [
        'req.headers.authorization',
        'req.headers.cookie',
        'headers.authorization',
        'headers.cookie',
        '*.token',
        '*.password',
        '*.secret',
      ],
      censor: '[removed]',
    },
  });
}

/** What is known to say where it failed and not with whose data: PostgreSQL's `detail` and `where` quote the row. */
const keptProperties = ['code', 'constraint', 'table', 'column', 'syscall', 'address', 'port'] as const;

/** An error's own properties cannot be enumerated: left to itself, JSON shows `{}`. */
export function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { type, message, stack } = stdSerializers.err(error);
  const known = error as Partial<Record<(typeof keptProperties)[number], unknown>>;
  const kept = keptProperties.flatMap((name) => (known[name] === undefined ? [] : [[name, known[name]] as const]));
  const errors = error instanceof AggregateError ? { errors: error.errors.map(describeError) } : {};
  return { type, message, stack, ...Object.fromEntries(kept), ...errors };
}
