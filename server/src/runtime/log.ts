import { writeSync } from 'node:fs';
import { type Logger, type LoggerOptions, pino } from 'pino';
import { describeError, redactFields, redactText } from './text/log-redaction.ts';

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

/** The pause before the next try, if the reader of a pipe has not read the earlier lines yet. */
const fullPipeMs = 10;

/**
 * Opens stdout for the log. If its disk is full, the lines wait, and each further line tries again.
 * By default, the error would end the process, and the process would then try to write the rest
 * forever without exiting.
 */
function openStdout(): ReturnType<typeof pino.destination> {
  const stdout = pino.destination({ dest: 1, maxLength: waitingBytesMax });
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
  // pino's own repeats a write that fails until it succeeds.
  const lines = (stdout as unknown as { readonly _bufs: string[] })._bufs;
  stdout.flushSync = () => {
    while (!isFailing && lines.length > 0 && writeNow(lines[0]!)) lines.shift();
  };
  return stdout;
}

/** Writes to stdout while the process ends. Returns false if it can't be written. */
function writeNow(text: string): boolean {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(1, bytes, written);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EAGAIN') return false;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, fullPipeMs);
    }
  }
  return true;
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
