import type { ClientStatus, OrganizationStatus } from '@rollcall/client';

export interface StatusWords {
  readonly tone: 'good' | 'warn' | 'bad';
  /** In the pill. */
  readonly label: string;
  /** What it means for whoever looks at the page. */
  readonly meaning: string;
}

export interface Seen {
  readonly org: OrganizationStatus;
  readonly client: ClientStatus;
  /** As the browser says: a cable that was pulled. */
  readonly isOnline: boolean;
  /** Until the next try to connect, where one is waited for. */
  readonly retryInMs: number | null;
}

const kept = 'You see what was last known. Changes by others arrive once the connection is back, none is lost.';
const redisAway =
  'Redis, which carries news between servers, is away. Changes made on other servers show up within a second, not at once. None is lost.';

/** How current the page is, in words. */
export function describeStatus({ org, client, isOnline, retryInMs }: Seen): StatusWords {
  if (org.phase === 'live' && client.redisDown) return { tone: 'warn', label: 'Live without Redis', meaning: redisAway };
  if (org.phase === 'live') return { tone: 'good', label: 'Live', meaning: 'You see each change the moment it is made.' };
  if (org.phase === 'denied' || org.phase === 'revoked' || org.phase === 'closed') {
    return { tone: 'bad', label: 'No access', meaning: 'What this page held was wiped.' };
  }
  if (!isOnline) return { tone: 'bad', label: 'Offline', meaning: `This computer is offline. ${kept}` };
  if (client.phase !== 'connected') {
    const label = retryInMs === null ? 'Reconnecting' : `Reconnecting in ${Math.ceil(retryInMs / 1_000)} s`;
    if (org.phase === 'stale') return { tone: 'bad', label: `Stale · ${label.toLowerCase()}`, meaning: kept };
    return { tone: 'warn', label, meaning: kept };
  }
  if (org.loading) {
    const percent = Math.round((100 * org.loading.part) / org.loading.parts);
    return { tone: 'warn', label: `Catching up ${percent} %`, meaning: 'The newest copy is on its way.' };
  }
  if (org.phase === 'stale') return { tone: 'bad', label: 'Stale', meaning: 'The server has not confirmed lately that this is current.' };
  return { tone: 'warn', label: 'Catching up', meaning: 'The newest copy is on its way.' };
}
