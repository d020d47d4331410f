import type { ClientStatus, OrganizationStatus } from '@rollcall/client';

export interface StatusText {
  readonly tone: 'good' | 'warn' | 'bad';
  /** Shown in the pill of the header. */
  readonly label: string;
  /** Shown in its popover. */
  readonly meaning: string;
}

export interface Seen {
  readonly org: OrganizationStatus;
  readonly client: ClientStatus;
  /** `navigator.onLine`. */
  readonly isOnline: boolean;
  /** Time until the next attempt to connect; null if none is scheduled. */
  readonly retryInMs: number | null;
}

const lastKnown = 'You see the last known state. Changes by others appear once you’re connected again. None are lost.';
const withoutRedis =
  'Redis, which connects the servers, is unavailable. Changes made on other servers appear within a second instead of instantly. None are lost.';

const catchingUp = 'The latest changes are loading.';

/** Describes for users how current the page is. */
export function describeStatus({ org, client, isOnline, retryInMs }: Seen): StatusText {
  if (org.phase === 'live' && client.redisDown) return { tone: 'warn', label: 'Live without Redis', meaning: withoutRedis };
  if (org.phase === 'live') return { tone: 'good', label: 'Live', meaning: 'You see every change as it happens.' };
  if (org.phase === 'denied' || org.phase === 'revoked' || org.phase === 'closed') {
    return { tone: 'bad', label: 'No access', meaning: 'You no longer have access to this organization.' };
  }
  if (!isOnline) return { tone: 'bad', label: 'Offline', meaning: `You’re offline. ${lastKnown}` };
  if (client.phase !== 'connected') {
    const label = retryInMs === null ? 'Reconnecting' : `Reconnecting in ${Math.ceil(retryInMs / 1_000)} s`;
    if (org.phase === 'stale') return { tone: 'bad', label: `Out of date · ${label.toLowerCase()}`, meaning: lastKnown };
    return { tone: 'warn', label, meaning: lastKnown };
  }
  if (org.loading) {
    const percent = Math.round((100 * org.loading.part) / org.loading.parts);
    return { tone: 'warn', label: `Catching up ${percent}%`, meaning: catchingUp };
  }
  if (org.phase === 'stale')
    return { tone: 'bad', label: 'Out of date', meaning: 'The server hasn’t confirmed recently that this page is up to date.' };
  return { tone: 'warn', label: 'Catching up', meaning: catchingUp };
}
