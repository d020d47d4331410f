import { explainFailure } from '../../server/src/cli/explain-failure.ts';
import { buildProgram } from '../../server/src/cli/run-command-line.ts';
import type { Ended } from './run-command.ts';

/**
 * Runs a command of `rollcall` in this process, which saves the start of another one. The command
 * finds no terminal on stdin. It must not read stdin, or end the process.
 * @param cwd the folder with the .env, if it isn't the current one
 */
export async function runInProcess(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  cwd = process.cwd(),
): Promise<Ended> {
  const { env } = process;
  const { isTTY } = process.stdin;
  const { log, error: logError } = console;
  let [stdout, stderr] = ['', ''];
  const formerCwd = process.cwd();
  process.chdir(cwd);
  process.env = { ...environment };
  process.stdin.isTTY = false;
  console.log = (line: string) => (stdout += `${line}\n`);
  console.error = (line: string) => (stderr += `${line}\n`);
  try {
    await buildProgram().parseAsync(args, { from: 'user' });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return { code: 1, stdout, stderr: `${stderr}rollcall: ${explainFailure(error)}\n` };
  } finally {
    process.chdir(formerCwd);
    process.env = env;
    process.stdin.isTTY = isTTY;
    Object.assign(console, { log, error: logError });
  }
}
