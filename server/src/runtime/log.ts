import { type Logger, pino } from 'pino';
import { describeError, redactFields, redactText } from './redact.ts';

export type Log = Logger;

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** JSON lines on stdout. What could be a secret is removed here, whoever logs it. */
export function createLog(level: LogLevel): Log {
  const log = pino({
    level,
    base: null,
    serializers: { error: describeError, err: describeError },
    formatters: { log: redactFields },
    hooks: {
      logMethod(args, method) {
        const [first, ...rest] = args as unknown[];
        // Left to itself, pino takes the message of an error for the message of the line, as it is.
        const given = first instanceof Error ? [{ err: first }, ...(rest.length > 0 ? rest : [first.message])] : [first, ...rest];
        method.apply(this, given.map((one) => (typeof one === 'string' ? redactText(one) : one)) as typeof args);
      },
    },
  });
  // The fields of a child go into its lines without any formatter.
  const { child } = log;
  log.child = function (this: Log, bindings, options) {
    return child.call(this, redactFields(bindings), options) as never;
  };
  return log;
}
