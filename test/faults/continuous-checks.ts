import { readMetrics } from '../support/metrics.ts';
import type { Cluster } from './cluster.ts';
import type { Journal } from './journal.ts';
import type { Organization } from './organization.ts';
import type { Verdicts } from './verdicts.ts';
import type { WatchedReplica } from './watched-replica.ts';

/** Continuous checks: freshness, buffers, and who may subscribe again. */

const resubscribeIntervalMs = 100;
const freshIntervalMs = 200;
const buffersIntervalMs = 1_000;
/**
 * The most unsent bytes of a socket. Above 1 MiB, it is closed at the next check, and the frames of
 * that moment are added.
 */
const unsentBytesPerSocketMax = 1.5 * 1024 * 1024;

export interface Peaks {
  unsentBytes: number;
  residentBytes: number;
}

export class ContinuousChecks {
  readonly #timers: readonly NodeJS.Timeout[];
  /** The value of `turns` of the subject at the last new subscription. */
  readonly #subscribedAt = new Map<WatchedReplica, number>();
  readonly peaks: Peaks = { unsentBytes: 0, residentBytes: 0 };

  constructor(cluster: Cluster, organizations: readonly Organization[], journal: Journal, verdicts: Verdicts) {
    const replicas = organizations.flatMap((org) => org.replicas);
    this.#timers = [
      setInterval(() => {
        for (const org of organizations) this.#resubscribeMembers(org, verdicts);
      }, resubscribeIntervalMs),
      setInterval(() => {
        for (const replica of replicas) checkFresh(replica, journal, verdicts);
      }, freshIntervalMs),
      setInterval(() => this.#checkBuffers(cluster, verdicts), buffersIntervalMs),
    ];
  }

  /**
   * Replicas of members who were added again subscribe again. Those without a membership don't, nor
   * those whose membership is about to change.
   */
  #resubscribeMembers({ subjects, replicas }: Organization, verdicts: Verdicts): void {
    for (const replica of replicas) {
      if (!replica.hasEnded) continue;
      // The owner never loses access. An end of it is detected when all replicas should be equal
      // again.
      const subject = subjects.find(({ person }) => person === replica.person);
      if (!subject?.isMember) continue;
      if (replica.handle.status.phase === 'denied') {
        const isWrong = this.#subscribedAt.get(replica) === subject.turns;
        verdicts.check('current-access', !isWrong, () => `${replica.name} was denied, although its user was a member before it subscribed`);
      }
      this.#subscribedAt.set(replica, subject.turns);
      replica.subscribe();
    }
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  #checkBuffers(cluster: Cluster, verdicts: Verdicts): void {
    for (const instance of cluster.instances.filter(({ isUp }) => isUp)) {
      readMetrics(instance).then(
        (metrics) => {
          const unsent = metrics.get('rollcall_unsent_bytes') ?? 0;
          const bound = (metrics.get('rollcall_sockets') ?? 0) * unsentBytesPerSocketMax;
          verdicts.check('buffers', unsent <= bound, () => `instance ${instance.number} held ${unsent} bytes, more than ${bound}`);
          this.peaks.unsentBytes = Math.max(this.peaks.unsentBytes, unsent);
          this.peaks.residentBytes = Math.max(this.peaks.residentBytes, metrics.get('process_resident_memory_bytes') ?? 0);
        },
        // The instance just exited.
        () => {},
      );
    }
  }
}

function checkFresh({ name, orgId, handle, leaseMs }: WatchedReplica, journal: Journal, verdicts: Verdicts): void {
  const { fresh, revision } = handle.status;
  if (!fresh) return;
  const owed = journal.headAt(orgId, performance.now() - leaseMs);
  verdicts.check(
    'fresh',
    (revision ?? 0) >= owed,
    () => `${name} is fresh at ${revision}, but lacks ${owed}, which was acknowledged before its lease began`,
  );
}
