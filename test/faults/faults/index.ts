import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, repeatFor } from '../fault.ts';
import { clientFaults } from './clients.ts';
import { databaseFaults } from './database.ts';
import { instanceFaults } from './instances.ts';
import { noticeFaults } from './notices.ts';
import { redisFaults } from './redis.ts';

const none: Fault = {
  name: 'none',
  says: 'no fault, until the history is played: the baseline',
  holdsUp: false,
  async inject({ forMs, historyMs, crew }) {
    const { evictions } = crew.deps;
    const before = evictions.count;
    const startedAt = performance.now();
    while (performance.now() - startedAt < historyMs && !crew.hasPlayedAll) await sleep(20);
    // Access is only checked when a member loses it, and a merge takes several requests.
    await repeatFor(
      forMs - (performance.now() - startedAt),
      () => sleep(20),
      () => evictions.count > before && crew.played.merges > 0,
    );
    return { 'merges played': crew.played.merges, 'ends of access': evictions.count - before };
  },
};

/** In the order of a whole run. */
export const faults: readonly Fault[] = [none, ...redisFaults, ...noticeFaults, ...instanceFaults, ...databaseFaults, ...clientFaults];
