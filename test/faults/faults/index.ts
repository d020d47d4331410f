import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, repeatFor } from '../fault.ts';
import { backupFaults } from './backups.ts';
import { clientFaults } from './clients.ts';
import { databaseFaults } from './database.ts';
import { instanceFaults } from './instances.ts';
import { noticeFaults } from './notices.ts';
import { redisFaults } from './redis.ts';

const none: Fault = {
  name: 'none',
  description: 'no fault, until the whole history is played (the baseline)',
  blocksServers: false,
  async inject({ forMs, historyMs, writers }) {
    const { evictions } = writers.deps;
    const before = evictions.count;
    const startedAt = performance.now();
    while (performance.now() - startedAt < historyMs && !writers.hasPlayedAll) await sleep(20);
    // Access is only checked when a member loses it, and a merge takes several requests.
    await repeatFor(
      forMs - (performance.now() - startedAt),
      () => sleep(20),
      () => evictions.count > before && writers.played.merges > 0,
    );
    return { 'merges played': writers.played.merges, 'ends of access': evictions.count - before };
  },
};

/** All faults, in the order of a whole run. */
export const faults: readonly Fault[] = [
  none,
  ...redisFaults,
  ...noticeFaults,
  ...instanceFaults,
  ...databaseFaults,
  ...backupFaults,
  ...clientFaults,
];
