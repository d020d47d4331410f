// A real PgBouncer in front of a PostgreSQL: Debian's package `pgbouncer`.
import { chownSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { onPath } from './executables.ts';
import { freePort } from './free-port.ts';
import { withClient } from './postgres.ts';
import { makeTemporaryDirectory } from './run-directory.ts';
import { startServerProcess } from './server-process.ts';

export interface PgBouncer {
  /** The same database, through PgBouncer. */
  urlOf(databaseUrl: string): string;
  stop(): Promise<void>;
}

/**
 * The path of the installed program. Debian installs it in a folder that only root has on its PATH.
 */
export function findPgBouncer(): string | undefined {
  return onPath('pgbouncer') ?? onPath('/usr/sbin/pgbouncer');
}

/** PgBouncer refuses to run as root. */
const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;

export async function startPgBouncer(
  command: string,
  postgresPort: number,
  settings: Readonly<Record<string, string | number>>,
): Promise<PgBouncer> {
  const directory = makeTemporaryDirectory('pgbouncer');
  if (user) chownSync(directory, user.uid, user.gid);
  const port = await freePort();
  const lines = Object.entries({ listen_addr: '127.0.0.1', listen_port: port, auth_type: 'any', unix_socket_dir: '', ...settings });
  const file = path.join(directory, 'pgbouncer.ini');
  const databases = `[databases]\n* = host=127.0.0.1 port=${postgresPort} user=postgres\n`;
  await writeFile(file, `${databases}[pgbouncer]\n${lines.map(([name, value]) => `${name} = ${value}\n`).join('')}`);
  const urlOf = (databaseUrl: string) => {
    const url = new URL(databaseUrl);
    url.port = String(port);
    return url.href;
  };
  const server = await startServerProcess({
    command,
    args: [file],
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
    cwd: directory,
    logFile: path.join(directory, 'log'),
    user,
    lastSignal: 'KILL',
    ping: () => withClient(urlOf(`postgres://postgres@127.0.0.1:${port}/postgres`), (client) => client.query('SELECT 1')),
  });
  return {
    urlOf,
    async stop() {
      await server.end('SIGQUIT');
      await rm(directory, { recursive: true, force: true });
    },
  };
}
