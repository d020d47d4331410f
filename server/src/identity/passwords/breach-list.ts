import { type FileHandle, open } from 'node:fs/promises';
import type { BreachSource } from './breached-passwords.ts';

const hashLength = 40;
/** A line has a hash, a colon and a count. Two lines fit. */
const blockBytes = 256;

/**
 * A file of hashes in ascending order, one per line, as the downloader of Have I Been Pwned writes
 * it: `<SHA-1>:<count>`. It has some 40 GB, so a search reads single blocks. The file may be
 * replaced by a newer one at any time.
 */
export class BreachList implements BreachSource {
  readonly kind = 'list';
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async has(hash: string): Promise<boolean> {
    const file = await open(this.#path, 'r');
    try {
      return await search(file, hash, (await file.stat()).size);
    } finally {
      await file.close();
    }
  }
}

/** A binary search over the positions of the file: the line begins in `[low, high)`. */
async function search(file: FileHandle, hash: string, size: number): Promise<boolean> {
  let [low, high] = [0, size];
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    const line = await readLineFrom(file, middle);
    if (line === null || line.start >= high) high = middle;
    else if (line.hash === hash) return true;
    else if (line.hash < hash) low = line.start + 1;
    else high = middle;
  }
  return false;
}

/** The first line that begins at the position or after it. Null at the end of the file. */
async function readLineFrom(file: FileHandle, position: number): Promise<{ readonly start: number; readonly hash: string } | null> {
  // The byte before shows whether a line begins at the position.
  const from = Math.max(0, position - 1);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(blockBytes), 0, blockBytes, from);
  const text = buffer.toString('latin1', 0, bytesRead);
  const begin = position === 0 ? 0 : text.indexOf('\n') + 1;
  if ((position > 0 && begin === 0) || begin >= text.length) {
    if (bytesRead === blockBytes) throw new Error('a line of the list is too long');
    return null;
  }
  const hash = text.slice(begin, begin + hashLength).toUpperCase();
  if (!/^[0-9A-F]{40}$/.test(hash)) throw new Error('the list contains a line that does not begin with a SHA-1 hash');
  return { start: from + begin, hash };
}
