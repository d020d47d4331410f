// One temporary directory for each test process, and a small shell that outlives the process to
// clean up after it.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * Waits for the end of the test process, which always closes this shell's standard input (even
 * after SIGKILL, when no handler can run). Then it ends the processes listed in pids/ (file name:
 * process id, content: signal), kills those that still run 5 s later, and removes the directory.
 */
const cleanUpScript = `
  cat > /dev/null
  cd / || exit
  # A process that has ended but was not waited for, as happens in containers, still takes signals.
  is_alive() { kill -0 "$1" && ! grep -qs '^State:.*zombie' "/proc/$1/status"; }
  for file in "$1"/pids/*; do [ -e "$file" ] && kill -s "$(cat "$file")" "\${file##*/}"; done
  for file in "$1"/pids/*; do
    tries=0
    while [ -e "$file" ] && is_alive "\${file##*/}" && [ "$tries" -lt 100 ]; do sleep 0.05; tries=$((tries + 1)); done
    [ "$tries" -ge 100 ] && kill -s KILL "\${file##*/}"
  done
  rm -rf "$1"
`;

let runDirectory: string | undefined;

/**
 * Created at first use. Other users may enter it (not list it), because PostgreSQL may have to run
 * as another user.
 */
function theRunDirectory(): string {
  if (runDirectory) return runDirectory;
  const directory = mkdtempSync(path.join(temporaryRoot(), 'rollcall-test-'));
  chmodSync(directory, 0o711);
  mkdirSync(path.join(directory, 'pids'), { mode: 0o700 });
  // Detached: Ctrl-C in a terminal goes to every process of the group.
  const cleaner = spawn('/bin/sh', ['-c', cleanUpScript, 'sh', directory], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  cleaner.unref();
  (cleaner.stdin as typeof cleaner.stdin & { unref(): void }).unref();
  runDirectory = directory;
  return directory;
}

/** A new directory for one service or test, removed with the run at the latest. */
export function makeTemporaryDirectory(name: string): string {
  return mkdtempSync(path.join(theRunDirectory(), `${name}-`));
}

/** Ensures that the child ends with the test process at the latest, by this signal. */
export function endWithRun(child: ChildProcess, signal: 'KILL' | 'QUIT'): void {
  if (child.pid === undefined) return;
  const file = path.join(theRunDirectory(), 'pids', String(child.pid));
  writeFileSync(file, signal);
  child.once('exit', () => rmSync(file, { force: true }));
}

/**
 * A directory that remains between runs, for example for unpacked binaries. Only its owner can
 * write to it.
 */
export function cacheDirectory(): string {
  const uid = process.getuid?.() ?? 0;
  const directory = path.join(temporaryRoot(), `rollcall-test-cache-${uid}`);
  try {
    mkdirSync(directory, { mode: 0o711 });
    chmodSync(directory, 0o711);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  // In a directory that all users share, another user could have put binaries for us to run.
  const found = lstatSync(directory);
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o022) !== 0) {
    throw new Error(`${directory} is not a directory that only this user can write to; remove it`);
  }
  return directory;
}

/**
 * For root, the first temporary directory that other users can reach, because PostgreSQL refuses to
 * run as root.
 */
function temporaryRoot(): string {
  if (process.getuid?.() !== 0) return tmpdir();
  return [tmpdir(), '/tmp', '/var/tmp'].find(othersCanReach) ?? tmpdir();
}

function othersCanReach(directory: string): boolean {
  const parent = path.dirname(directory);
  const mode = statSync(directory, { throwIfNoEntry: false })?.mode ?? 0;
  return (mode & 0o001) !== 0 && (parent === directory || othersCanReach(parent));
}
