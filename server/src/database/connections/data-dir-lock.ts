import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export class DataDirInUseError extends Error {
  override readonly name = 'DataDirInUseError';
}

/**
 * Keeps a second process away from the embedded database, which has no lock itself. A second
 * process would destroy the data.
 * @returns a function that releases the lock
 * @throws DataDirInUseError while another process holds the lock
 */
export function lockDataDir(dataDir: string): () => void {
  const file = path.join(dataDir, 'lock');
  for (let attempt = 0; attempt < 3; attempt++) {
    if (take(file) || takeOver(file)) return () => rmSync(file, { force: true });
    const holder = readHolder(file);
    if (holder?.isAlive) {
      throw new DataDirInUseError(`${dataDir} is in use by process ${holder.pid}. If that is not Rollcall, remove ${file}.`);
    }
  }
  throw new DataDirInUseError(`${dataDir} is being locked by another process.`);
}

/**
 * Creates the lock file with our process number already in it. A file that is created empty and
 * written later would look like the lock of a dead process in between.
 */
function take(file: string): boolean {
  const own = `${file}.new.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

/**
 * Takes the lock of a process that has ended. A second lock guards this step, and the holder is
 * checked again under it. Otherwise, if two processes found the same dead holder, the second one
 * would remove the lock that the first had just taken.
 */
function takeOver(file: string): boolean {
  const guard = `${file}.takeover`;
  if (!take(guard)) {
    // A process that ended within this function has left its guard file. The next attempt can take
    // the guard.
    if (readHolder(guard)?.isAlive === false) rmSync(guard, { force: true });
    return false;
  }
  try {
    if (readHolder(file)?.isAlive) return false;
    rmSync(file, { force: true });
    return take(file);
  } finally {
    rmSync(guard, { force: true });
  }
}

/** Null while there is no lock. */
function readHolder(file: string): { pid: number; isAlive: boolean } | null {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return { pid, isAlive: Number.isInteger(pid) && pid > 0 && isAlive(pid) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return null;
  }
}

/**
 * Whether another process with this number is running. Our own number was left by an earlier
 * process, as happens in containers.
 */
function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
