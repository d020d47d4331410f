// A real systemd for the unit in deploy/. It runs in namespaces, so that the systemd of this
// machine is not involved, if there is one.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { eventually } from '../eventually.ts';
import { canRun, run } from '../executables.ts';
import { makeTemporaryDirectory } from '../run-directory.ts';
import { startServerProcess } from '../server-process.ts';
import { repository } from '../source-files.ts';

export interface Systemd {
  /** Runs a command in the namespaces of systemd. */
  run(command: string, ...args: readonly string[]): Promise<string>;
  /** The path by which the test reaches a file of the services. */
  pathOf(file: string): string;
  stop(): Promise<void>;
}

export const isSystemdInstalled = () => existsSync('/usr/lib/systemd/systemd');

/** The mounts of `boot.sh` that a container may not make. */
const mounts = `cd "$0" && mount -t tmpfs tmpfs . && mkdir changes work root cgroup
mount -t overlay -o lowerdir=/,upperdir=changes,workdir=work overlay root
mount -t sysfs -o ro sysfs root/sys
mount -t cgroup2 cgroup2 cgroup && mkdir cgroup/"\${0##*/}" && rmdir cgroup/"\${0##*/}"`;

/** Whether the kernel lets this process boot a systemd. */
export function canBootSystemd(): Promise<boolean> {
  const directory = makeTemporaryDirectory('mounts');
  return canRun('unshare', ['--mount', '--pid', '--fork', '--cgroup', '--ipc', '--uts', 'sh', '-euc', mounts, directory]);
}

/** Services depend on these by default. Those of this machine would start more services. */
const targets = Object.fromEntries(
  ['sysinit', 'basic', 'shutdown'].map((name) => [`/etc/systemd/system/${name}.target`, '[Unit]\nDefaultDependencies=no\n']),
);

const removeCgroups = 'mount -t cgroup2 cgroup2 "$0" && find "$0/$1" -depth -type d -exec rmdir {} +';

/**
 * Boots a systemd without units of this machine. It sees the files of this machine and the given
 * ones, which only root can read. The repository is in /opt/rollcall, and Node is /usr/bin/node.
 */
export async function bootSystemd(files: Readonly<Record<string, string>>): Promise<Systemd> {
  const directory = makeTemporaryDirectory('systemd');
  for (const [file, text] of Object.entries({ ...targets, ...files })) {
    const added = path.join(directory, 'files', file);
    mkdirSync(path.dirname(added), { recursive: true });
    writeFileSync(added, text, { mode: 0o600 });
  }
  const processPath = () => `/proc/${readFileSync(path.join(directory, 'pid'), 'utf8').trim()}`;
  const runInside = (command: string, ...args: readonly string[]) =>
    run('nsenter', [`--mount=${processPath()}/ns/mnt`, `--pid=${processPath()}/ns/pid_for_children`, command, ...args]);
  // The services have ended shortly after systemd.
  const clear = () =>
    eventually(() =>
      run('unshare', ['--mount', '--cgroup', 'sh', '-c', removeCgroups, path.join(directory, 'memory'), path.basename(directory)]),
    );
  const starting = startServerProcess({
    command: 'unshare',
    args: ['--mount', '--cgroup', 'sh', path.join(import.meta.dirname, 'boot.sh'), directory, repository, process.execPath],
    env: { PATH: process.env.PATH ?? '' },
    cwd: directory,
    logFile: path.join(directory, 'log'),
    lastSignal: 'KILL',
    ping: async () => runInside('systemctl', 'is-system-running'),
  });
  const server = await starting.catch(async (error: unknown) => {
    await clear().catch(() => {});
    throw error;
  });
  return {
    run: runInside,
    pathOf: (file) => path.join(processPath(), 'root', file),
    async stop() {
      await server.end('SIGKILL');
      await clear();
    },
  };
}
