import { type Logger, type LoggerOptions, pino } from 'pino';
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

/** The most bytes of lines that wait until stdout accepts them again. Further lines are dropped. */
const waitingBytesMax = 16 * 1024 * 1024;

/**
 * Opens stdout for the log. If its disk is full, the lines wait, and each further line tries again.
 * By default, the error would end the process, and the process would then try to write the rest
 * forever without exiting.
 */
function openStdout(): ReturnType<typeof pino.destination> {
  const stdout = pino.destination({ dest: 1, maxLength: waitingBytesMax });
  const { flushSync } = stdout;
  let isFailing = false;
  stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    // After EPIPE the log has no reader, and pino has stopped it.
    if (!isFailing && code !== 'EPIPE')
      console.error(`rollcall: The log cannot be written to stdout: ${message}. The next line tries again.`);
    isFailing = true;
  });
  stdout.on('write', () => {
    isFailing = false;
  });
  // It repeats a write that fails until it succeeds.
  stdout.flushSync = () => {
    if (!isFailing) flushSync.call(stdout);
  };
  return stdout;
}

/** Writes JSON lines to stdout. Possible secrets are removed here, for all callers. */
export function createLog(level: LogLevel): Log {
  const options: LoggerOptions = {
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
  };
  const log = pino(options, openStdout());
  // pino adds the fields of a child logger to its lines without a formatter, so they are redacted
  // here.
  const { child } = log;
  log.child = function (this: Log, bindings, options) {
    return child.call(this, redactFields(bindings), options) as never;
  };
  return log;
}
