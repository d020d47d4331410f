import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { onPath } from './executables.ts';
import { freePort } from './free-port.ts';
import { makeTemporaryDirectory } from './run-directory.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

export const nginxMissing = 'nginx is not installed: apt-get install nginx-light';

/** Debian installs it in a folder that only root has on its PATH. */
export function findNginx(): string | undefined {
  return onPath('nginx') ?? ['/usr/sbin/nginx'].find((file) => existsSync(file));
}

export interface Nginx {
  readonly url: string;
  /** The contents of the access log and the error logs. */
  readLogs(): string;
  stop(): Promise<void>;
}

const temporaryPaths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** Starts a real nginx with deploy/nginx.conf. Only addresses, ports and paths are replaced. */
export async function startNginx(nginx: string, [one, other]: readonly [string, string]): Promise<Nginx> {
  const directory = makeTemporaryDirectory('nginx');
  const port = await freePort();
  const deployed = readFileSync(new URL('../../deploy/nginx.conf', import.meta.url), 'utf8');
  const paths = temporaryPaths.map((name) => `  ${name}_temp_path ${path.join(directory, name)};`).join('\n');
  const configuration = deployed
    .replaceAll('rollcall-1:4000', one)
    .replaceAll('rollcall-2:4000', other)
    .replace('listen 8080;', `listen 127.0.0.1:${port};`)
    .replaceAll('/var/log/nginx', directory)
    .replace('http {\n', `http {\n${paths}\n`);
  const file = path.join(directory, 'nginx.conf');
  writeFileSync(file, configuration);
  // If root starts nginx, its workers run as a user who may not enter the directory.
  const user = process.getuid?.() === 0 ? 'user root; ' : '';
  const server: ServerProcess = await startServerProcess({
    command: nginx,
    args: ['-p', directory, '-c', file, '-e', 'stderr', '-g', `${user}daemon off; pid ${path.join(directory, 'pid')};`],
    env: { PATH: process.env.PATH ?? '' },
    cwd: directory,
    logFile: path.join(directory, 'log'),
    lastSignal: 'QUIT',
    // nginx itself responds to this path.
    ping: () => fetch(`http://127.0.0.1:${port}/socket.io/`),
  });
  const logs = ['access.log', 'error.log', 'log'].map((name) => path.join(directory, name));
  return {
    url: `http://127.0.0.1:${port}`,
    readLogs: () => logs.map((log) => (existsSync(log) ? readFileSync(log, 'utf8') : '')).join('\n'),
    stop: () => server.end('SIGTERM'),
  };
}
