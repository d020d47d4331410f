import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
  /** In milliseconds, after which the command is ended. */
  readonly timeout?: number;
}

/**
 * The output of a command that exits by itself. Rejects with its output if it fails or can't be
 * run.
 */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { stdout } = await execFileAsync(command, args, { ...options, maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}

export async function canRun(command: string, args: readonly string[], options: RunOptions = {}): Promise<boolean> {
  return run(command, args, options).then(
    () => true,
    () => false,
  );
}

/** The first executable file of this name on the PATH. An absolute path is looked up as it is. */
export function onPath(name: string): string | undefined {
  const candidates = (process.env.PATH ?? '').split(path.delimiter).map((directory) => path.resolve(directory, name));
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
