import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export class DataDirInUseError extends Error {
  override readonly name = 'DataDirInUseError';
}

/**
 * Keeps a second process off the embedded database, which has no lock of its own and would be destroyed by it.
 * @returns releases the lock
 * @throws DataDirInUseError while another process holds it
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
  throw new DataDirInUseError(`${dataDir} is being taken by another process.`);
}

/** The file appears with our number in it: made first and written then, it would look like a dead one in between. */
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
 * Takes the lock of a process that is gone. One at a time, under a lock of its own, and looking again under it: of two
 * that found the same dead holder, the second would otherwise remove the lock that the first had just made.
 */
function takeOver(file: string): boolean {
  const guard = `${file}.takeover`;
  if (!take(guard)) {
    // Whoever ended within these few lines leaves it behind; the next attempt has it.
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

/** A process cannot have met itself before: its own number in the file is that of an earlier one, as in a container. */
function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
