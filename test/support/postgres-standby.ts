// Two PostgreSQL servers, a primary and its standby, for tests of a failover.
import { chownSync } from 'node:fs';
import { cp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from './executables.ts';
import { freePort } from './free-port.ts';
import { cleanEnvironment, initializeData, settings, withClient } from './postgres.ts';
import { findPostgres } from './postgres-binaries.ts';
import { makeTemporaryDirectory } from './run-directory.ts';
import { startServerProcess } from './server-process.ts';

export interface ReplicatedPostgres {
  readonly primaryPort: number;
  readonly standbyPort: number;
  /** Ends the primary like a crash, and makes the standby accept writes. */
  failOver(): Promise<void>;
  stop(): Promise<void>;
}

export async function startReplicatedPostgres(): Promise<ReplicatedPostgres> {
  const binaries = await findPostgres();
  const directory = makeTemporaryDirectory('replicated-postgres');
  if (binaries.user) chownSync(directory, binaries.user.uid, binaries.user.gid);
  const folderOf = (name: string) => path.join(directory, name);
  await initializeData(binaries, directory, folderOf('primary'));
  // The server doesn't run yet, so a copy of its files is a backup.
  await cp(folderOf('primary'), folderOf('standby'), { recursive: true });
  await writeFile(path.join(folderOf('standby'), 'standby.signal'), '');
  if (binaries.user) await run('chown', ['-R', `${binaries.user.uid}:${binaries.user.gid}`, folderOf('standby')]);
  await run('chmod', ['-R', 'go=', folderOf('standby')]);

  const start = async (name: string, more: readonly string[] = []) => {
    const port = await freePort();
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    const server = await startServerProcess({
      command: binaries.postgres,
      args: ['-D', folderOf(name), ...settings(port, false), ...more],
      env: cleanEnvironment(),
      cwd: directory,
      logFile: folderOf(`${name}.log`),
      user: binaries.user,
      lastSignal: 'QUIT',
      ping: () => withClient(url, (client) => client.query('select 1')),
    });
    return { port, url, server };
  };
  const primary = await start('primary');
  const standby = await start('standby', ['-c', `primary_conninfo=host=127.0.0.1 port=${primary.port} user=postgres`]);
  return {
    primaryPort: primary.port,
    standbyPort: standby.port,
    async failOver() {
      await primary.server.end('SIGQUIT');
      await withClient(standby.url, (client) => client.query('SELECT pg_promote()'));
    },
    async stop() {
      await Promise.all([primary.server.end('SIGQUIT'), standby.server.end('SIGQUIT')]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
