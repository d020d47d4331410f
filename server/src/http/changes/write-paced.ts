import { once } from 'node:events';
import type { Response } from 'express';

/**
 * Resolves when the client has read what was written, or is gone. A client that reads nothing is
 * cut off by `SlowReaders`.
 */
export async function whenDrained(response: Response): Promise<void> {
  if (!response.writableNeedDrain || response.closed) return;
  const closed = new AbortController();
  const abort = () => closed.abort();
  response.once('close', abort);
  try {
    await once(response, 'drain', { signal: closed.signal });
  } catch (error) {
    if (!closed.signal.aborted) throw error;
  } finally {
    response.off('close', abort);
  }
}
