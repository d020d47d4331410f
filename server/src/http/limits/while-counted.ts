import type { Response } from 'express';
import { whenClosed } from '../requests/parsed-request.ts';
import { type BufferedBytes, bytesOwnerOf } from './buffered-bytes.ts';

/**
 * Runs work that holds bytes while it waits. They count towards the caller's limit of buffered
 * bytes. The work's signal aborts when the caller exceeds it, and when the response is closed.
 */
export async function whileCounted<Result>(
  response: Response,
  buffered: BufferedBytes,
  bytes: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const evicted = new AbortController();
  const reservation = buffered.reserve(bytesOwnerOf(response.req), bytes, () => evicted.abort());
  return work(AbortSignal.any([whenClosed(response), evicted.signal])).finally(() => reservation.release());
}
