import { reconnectMsMax } from './reconnect-delay.ts';

/**
 * The report of a Socket.IO transport about a failed connection. Long polling reports everything, a
 * WebSocket in Node its status as text, a WebSocket in browsers nothing.
 */
interface TransportError {
  readonly description?: unknown;
  readonly context?: { getResponseHeader?(name: string): string | null };
}

const tooManyRequests = 429;
/** Used when the transport doesn't report the response. */
const usualMs = 1_000;

/**
 * The delay that the server requested when it refused a connection because there are too many. Null
 * for any other failure.
 */
export function tooManyConnectionsMs(error: object): number | null {
  const { description, context } = error as TransportError;
  const said = String((description as { message?: unknown } | null | undefined)?.message ?? '');
  if (description !== tooManyRequests && !said.includes(` ${tooManyRequests}`)) return null;
  const seconds = Number(context?.getResponseHeader?.('Retry-After') ?? Number.NaN);
  return seconds > 0 ? Math.min(reconnectMsMax, seconds * 1_000) : usualMs;
}
