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
  /** The URL without TLS, which redirects, if the balancer has a certificate. */
  readonly plainUrl: string;
  /** The contents of the access log and the error logs. */
  readLogs(): string;
  stop(): Promise<void>;
}

const temporaryPaths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** Files in PEM. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Starts a real nginx with deploy/nginx.conf. Only addresses, ports and paths are replaced. Without
 * a certificate, it listens without TLS, so that clients need not trust one.
 */
export async function startNginx(nginx: string, [one, other]: readonly [string, string], tls?: TlsFiles): Promise<Nginx> {
  const directory = makeTemporaryDirectory('nginx');
  const [port, plainPort] = [await freePort(), await freePort()];
  const deployed = readFileSync(new URL('../../deploy/nginx.conf', import.meta.url), 'utf8');
  const paths = temporaryPaths.map((name) => `  ${name}_temp_path ${path.join(directory, name)};`).join('\n');
  const configuration = deployed
    .replaceAll('rollcall-1:4000', one)
    .replaceAll('rollcall-2:4000', other)
    .replace('listen 8080;', `listen 127.0.0.1:${plainPort};`)
    .replace('listen 8443 ssl;', `listen 127.0.0.1:${port}${tls ? ' ssl' : ''};`)
    .replaceAll(/^ *ssl_certificate(_key)? .*\n/gm, (line, isKey) =>
      tls ? line.replace(/\S+;/, `${isKey === undefined ? tls.certificate : tls.key};`) : '',
    )
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
    // nginx itself responds to these paths.
    ping: () => fetch(tls ? `http://127.0.0.1:${plainPort}/` : `http://127.0.0.1:${port}/socket.io/`, { redirect: 'manual' }),
  });
  const logs = ['access.log', 'error.log', 'log'].map((name) => path.join(directory, name));
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    plainUrl: `http://127.0.0.1:${plainPort}`,
    readLogs: () => logs.map((log) => (existsSync(log) ? readFileSync(log, 'utf8') : '')).join('\n'),
    stop: () => server.end('SIGTERM'),
  };
}
