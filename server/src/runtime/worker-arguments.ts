const conditions = '--conditions=';

/**
 * The arguments of Node for a worker thread. It would inherit all of them otherwise, but doesn't
 * start with those that are only for a program, such as `--input-type` with `--eval`. A server that
 * runs from its sources resolves packages by a condition.
 */
export function workerArguments(given: readonly string[] = process.execArgv): string[] {
  return given.filter((argument) => argument.startsWith(conditions));
}
