import { type Logger, pino } from 'pino';
import { describeError, redactFields, redactText } from './redact.ts';

export type Log = Logger;

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Describes errors, and removes possible secrets from the fields of a line. */
const redaction = { serializers: { error: describeError, err: describeError }, formatters: { log: redactFields } };

/** The logger of an embedding program, with the redaction of fields. Its messages are unchanged. */
export function redactedLog(log: Log): Log {
  return log.child({}, redaction);
}

/** Writes JSON lines to stdout. Possible secrets are removed here, for all callers. */
export function createLog(level: LogLevel): Log {
  const log = pino({
    level,
    base: null,
    ...redaction,
    hooks: {
      logMethod(args, method) {
        const [first, ...rest] = args as unknown[];
        // Without this, pino uses the message of an error as the message of the line, without
        // redaction.
        const given = first instanceof Error ? [{ err: first }, ...(rest.length > 0 ? rest : [first.message])] : [first, ...rest];
        method.apply(this, given.map((one) => (typeof one === 'string' ? redactText(one) : one)) as typeof args);
      },
    },
  });
  // pino adds the fields of a child logger to its lines without a formatter, so they are redacted
  // here.
  const { child } = log;
  log.child = function (this: Log, bindings, options) {
    return child.call(this, redactFields(bindings), options) as never;
  };
  return log;
}
