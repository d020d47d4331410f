import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, repeatFor } from '../fault.ts';
import { clientFaults } from './clients.ts';
import { databaseFaults } from './database.ts';
import { instanceFaults } from './instances.ts';
import { noticeFaults } from './notices.ts';
import { redisFaults } from './redis.ts';

const none: Fault = {
  name: 'none',
  says: 'nothing goes wrong: what all others are measured by',
  holdsUp: false,
  async inject({ forMs, crew }) {
    const { evictions } = crew.deps;
    const before = evictions.count;
    // What access does is looked at only when somebody loses it.
    await repeatFor(
      forMs,
      () => sleep(20),
      () => evictions.count > before,
    );
    return { 'ends of access': evictions.count - before };
  },
};

/** In the order of a whole run. */
export const faults: readonly Fault[] = [none, ...redisFaults, ...noticeFaults, ...instanceFaults, ...databaseFaults, ...clientFaults];
