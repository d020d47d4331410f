// Two PostgreSQL servers, a primary and its standby, for tests of a failover.
import assert from 'node:assert/strict';
import { chownSync } from 'node:fs';
import { appendFile, cp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { eventually } from './eventually.ts';
import { run } from './executables.ts';
import { freePort } from './free-port.ts';
import { cleanEnvironment, initializeData, settings, withClient } from './postgres.ts';
import { findPostgres } from './postgres-binaries.ts';
import { makeTemporaryDirectory } from './run-directory.ts';
import { startServerProcess } from './server-process.ts';

export interface ReplicatedPostgres {
  readonly primaryPort: number;
  readonly standbyPort: number;
  /** The standby receives no later commits, so a failover loses them. */
  detach(): Promise<void>;
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

  const start = async (name: string) => {
    const port = await freePort();
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    const server = await startServerProcess({
      command: binaries.postgres,
      args: ['-D', folderOf(name), ...settings(port, false)],
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
  // Writes the setting to the file, because an argument could not be changed later.
  await appendFile(
    path.join(folderOf('standby'), 'postgresql.auto.conf'),
    `primary_conninfo = 'host=127.0.0.1 port=${primary.port} user=postgres'\n`,
  );
  const standby = await start('standby');
  return {
    primaryPort: primary.port,
    standbyPort: standby.port,
    async detach() {
      await withClient(standby.url, async (client) => {
        await client.query("ALTER SYSTEM SET primary_conninfo = ''");
        await client.query('SELECT pg_reload_conf()');
        await eventually(async () => assert.equal((await client.query('SELECT FROM pg_stat_wal_receiver')).rowCount, 0));
      });
    },
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
