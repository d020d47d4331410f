import { reconnectMsMax } from './reconnect-delay.ts';

/** What a transport of Socket.IO says of a connection that failed: long polling all, a WebSocket in Node its status in words, in browsers nothing. */
interface TransportError {
  readonly description?: unknown;
  readonly context?: { getResponseHeader?(name: string): string | null };
}

const tooManyRequests = 429;
/** Where the server's answer does not show. */
const usualMs = 1_000;

/** How long a server asks to wait that refused a connection because there are too many; null for any other failure. */
export function tooManyConnectionsMs(error: object): number | null {
  const { description, context } = error as TransportError;
  const said = String((description as { message?: unknown } | null | undefined)?.message ?? '');
  if (description !== tooManyRequests && !said.includes(` ${tooManyRequests}`)) return null;
  const seconds = Number(context?.getResponseHeader?.('Retry-After') ?? Number.NaN);
  return seconds > 0 ? Math.min(reconnectMsMax, seconds * 1_000) : usualMs;
}
