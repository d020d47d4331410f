import type { Database } from '../database/database.ts';
import { findNewNetworks, insertSecurityEvents, isRefusedByDatabase } from '../database/security/security-events.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Counters } from '../runtime/metrics/counters.ts';
import { EventWriter } from '../runtime/security-events/event-writer.ts';
import { SecurityEventRecorder } from '../runtime/security-events/recorder.ts';
import { TokenNetworks } from '../runtime/security-events/token-networks.ts';

export interface SecurityEventParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly log: Log;
  /** The name of this instance. */
  readonly instance: string;
}

export interface OpenedSecurityEvents {
  readonly recorder: SecurityEventRecorder;
  readonly tokenNetworks: TokenNetworks;
  close(): Promise<void>;
}

export function openSecurityEvents({ database: { db }, clock, counters, log, instance }: SecurityEventParts): OpenedSecurityEvents {
  counters.startAtZero('securityEventsDropped', ['full', 'stopped', 'invalid']);
  const writer = new EventWriter({
    ...{ clock, counters, log },
    save: (events) => insertSecurityEvents(db, events),
    isPermanent: isRefusedByDatabase,
  });
  const recorder = new SecurityEventRecorder({ writer, clock, log, instance });
  const tokenNetworks = new TokenNetworks({ recorder, findNew: (used) => findNewNetworks(db, used), clock, log });
  return {
    recorder,
    tokenNetworks,
    async close() {
      await tokenNetworks.flush();
      await recorder.close();
    },
  };
}
