import { run } from './executables.ts';
import { skipBecause } from './skip.ts';

/** A registry that is not overloaded takes less than a minute for the packages of a test. */
const installMsMax = 180_000;

/**
 * Runs `npm` with these arguments, for example `['ci']`, in a folder. Skips all tests after a
 * `before` hook if the registry takes longer than three minutes or can't be reached. Their subject
 * is what was installed, not the registry.
 */
export async function installFromRegistry(context: Mocha.Context, args: readonly string[], folder: string): Promise<void> {
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts'];
  try {
    await run('npm', [...args, ...quiet], { cwd: folder, timeout: installMsMax });
  } catch (error) {
    const { killed, stderr } = error as { killed?: boolean; stderr?: string };
    if (killed) skipBecause(context, `the npm registry takes more than ${installMsMax / 60_000} minutes`);
    const code = /^npm (?:error|ERR!) code (E(?:AI_AGAIN|NOTFOUND|CONN\w+|TIMEDOUT|SOCKETTIMEDOUT|5\d\d)|ERR_SOCKET_TIMEOUT)$/m.exec(
      stderr ?? '',
    )?.[1];
    if (code !== undefined) skipBecause(context, `the npm registry can't be reached: ${code}`);
    throw error;
  }
}
