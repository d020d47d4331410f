import { randomBytes } from 'node:crypto';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { aMigratedDatabase } from './migrated-database.ts';
import { type StartedProcess, startProcess } from './process.ts';
import { makeTemporaryDirectory } from './run-directory.ts';
import { type Api, apiOf } from './server.ts';

/** A server in a separate process, whose CPU time and memory can be measured. */
export interface SeparateServer extends Api {
  readonly url: string;
  readonly pid: number;
  readonly operatorToken: string;
  readonly databaseUrl: string;
  readonly waitForLine: StartedProcess['waitForLine'];
  stop(): Promise<void>;
}

/** @param nodeArgs options of Node */
export async function startSeparateServer(
  environment: Readonly<Record<string, string>> = {},
  nodeArgs: readonly string[] = [],
): Promise<SeparateServer> {
  const database = await aMigratedDatabase();
  const operatorToken = randomBytes(24).toString('hex');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const own = { PORT: String(port), DATABASE_URL: database.url, SECRET: randomBytes(24).toString('hex'), OPERATOR_TOKEN: operatorToken };
  const process = startProcess(['start'], { ...own, DATA_DIR: makeTemporaryDirectory('data'), ...environment }, { nodeArgs });
  const stop = async () => {
    await process.kill('SIGKILL');
    await database.drop();
  };
  try {
    const isReady = async () => {
      if ((await fetch(`${url}/readyz`)).status !== 200) throw new Error(`not ready: ${process.stderr}`);
    };
    await eventually(isReady, { timeoutMs: 60_000, intervalMs: 100 });
  } catch (error) {
    await stop();
    throw error;
  }
  const { pid, waitForLine } = process;
  return { url, pid, operatorToken, databaseUrl: database.url, waitForLine, ...apiOf(url, operatorToken), stop };
}
