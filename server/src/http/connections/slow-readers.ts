import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { transferLimits } from '../../runtime/limits/rows/transfers.ts';
import type { Counters } from '../../runtime/metrics/counters.ts';
import { type BufferedBytes, type BytesReservation, bytesOwnerOf } from '../limits/buffered-bytes.ts';

/**
 * Smaller responses are not watched, unless other bytes are waiting on their connection: the kernel
 * accepts them at once.
 */
const watchedBytesMin = 16 * 1024;

/** The size of a chunk and its line ends, which Node adds to each part of a response. */
const chunkFramingBytesMax = 64;

/** The interval of the check of open responses. */
const checkIntervalMs = 1_000;

interface Sending {
  readonly socket: Socket;
  readonly reservation: BytesReservation;
  readonly startedAt: number;
  readonly flushedBefore: number;
  flushed: number;
  progressedAt: number;
}

/**
 * Responses that their clients have not read completely. Those that are not read, or far too
 * slowly, are cut off.
 */
export class SlowReaders {
  readonly #open = new Map<ServerResponse, Sending>();
  readonly #buffered: BufferedBytes;
  readonly #counters: Counters;
  readonly #stallMs: number;
  readonly #timer: NodeJS.Timeout;

  constructor(buffered: BufferedBytes, counters: Counters, stallSeconds: number) {
    this.#buffered = buffered;
    this.#counters = counters;
    this.#stallMs = stallSeconds * 1_000;
    this.#timer = setInterval(() => this.#checkAll(performance.now()), Math.min(checkIntervalMs, this.#stallMs / 4)).unref();
  }

  /** Call this after passing each part of a response to Node. */
  sent(response: ServerResponse, bytes: number): void {
    const sending = this.#open.get(response);
    const { socket } = response.req;
    // Everything before this part of the stream was read, so the measurement starts again here.
    if (sending && socket.writableLength <= bytes + chunkFramingBytesMax) this.closed(response);
    else if (sending) {
      sending.reservation.grow(bytes);
      return;
    }
    if (bytes < watchedBytesMin && response.socket !== null && socket.writableLength < watchedBytesMin) return;
    if (response.writableFinished || socket.destroyed) return;
    const now = performance.now();
    const flushed = flushedBytes(socket);
    const reservation = this.#buffered.reserve(bytesOwnerOf(response.req), bytes, () => socket.destroy());
    this.#open.set(response, { socket, reservation, startedAt: now, flushedBefore: flushed, flushed, progressedAt: now });
  }

  /** Removes a response that has ended, read or not. */
  closed(response: ServerResponse): void {
    this.#open.get(response)?.reservation.release();
    this.#open.delete(response);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #checkAll(now: number): void {
    for (const [response, sending] of this.#open) {
      if (response.writableFinished || sending.socket.destroyed) {
        this.closed(response);
        continue;
      }
      // The client has read all of a stream that has not ended. It may now be silent.
      if (!response.writableEnded && response.writableLength === 0 && sending.socket.writableLength === 0) {
        this.closed(response);
        continue;
      }
      const flushed = flushedBytes(sending.socket);
      if (flushed > sending.flushed) Object.assign(sending, { flushed, progressedAt: now });
      if (!this.#isTooSlow(sending, now)) continue;
      this.#counters.increment('transfersCut', 1, 'slow-reader');
      sending.socket.destroy();
    }
  }

  #isTooSlow({ startedAt, progressedAt, flushed, flushedBefore }: Sending, now: number): boolean {
    if (now - progressedAt > this.#stallMs) return true;
    const allowedMs = this.#stallMs + ((flushed - flushedBefore) / transferLimits.responseBytesPerSecond.value) * 1_000;
    return now - startedAt > allowedMs;
  }
}

/**
 * Bytes that the kernel has accepted from us. Node reports a write only when it is complete, and a
 * write may have megabytes.
 */
function flushedBytes(socket: Socket): number {
  const { _handle: handle } = socket as { _handle?: { readonly bytesWritten: number; readonly writeQueueSize: number } | null } & Socket;
  return handle ? handle.bytesWritten - handle.writeQueueSize : 0;
}
