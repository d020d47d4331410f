import { isDeepStrictEqual } from 'node:util';
import type { LogEntry } from '../../protocol/src/index.ts';
import type { Acknowledged, Journal } from './journal.ts';
import type { Oracle } from './oracle.ts';
import type { Organization } from './organization.ts';
import type { Verdicts } from './verdicts.ts';
import type { ShownState, WatchedReplica } from './watched-replica.ts';
import type { Delivery } from './wire-inspector.ts';

/** The states that one replica showed, and the data of its connection, since the last check. */
interface Observations {
  readonly replica: WatchedReplica;
  readonly shown: readonly ShownState[];
  readonly deliveries: readonly Delivery[];
}

/**
 * Compares everything that was observed of an organization with its log, revision by revision, up
 * to the end of the log.
 */
export async function compareWithLog(oracle: Oracle, { replicas }: Organization, journal: Journal, verdicts: Verdicts): Promise<void> {
  const observations = replicas.map((replica) => ({
    replica,
    shown: replica.takeShownStates(),
    deliveries: replica.inspector.takeDeliveries().filter(({ orgId }) => orgId === oracle.orgId),
  }));
  for (const one of observations) checkOrder(one, verdicts);
  const byRevision = new ByRevision(observations);
  const matching = new WriteMatching(journal.takeUnmatched(oracle.orgId), verdicts);
  const checkNow = () => {
    for (const one of byRevision.take(oracle.revision)) checkAt(oracle, one, verdicts);
  };
  checkNow();
  await oracle.advance((entry) => {
    matching.match(entry);
    checkNow();
  });
  matching.end();
  for (const { replica } of byRevision.rest()) {
    verdicts.violated('consistent', `${replica.name} showed or received a revision that the log does not have, or repeated an old one`);
  }
}

/**
 * Compares every record, not only the checksums. Throws the difference, which may just not have
 * arrived yet.
 */
export function assertHoldsAll(oracle: Oracle, replica: WatchedReplica): void {
  const audience = oracle.audienceOf(replica.viewer);
  const { phase, revision } = replica.handle.status;
  const held = replica.records();
  if (!audience) {
    if (!replica.hasEnded || held.size > 0) throw new Error(`${replica.name} has no access, but is ${phase} with ${held.size} records`);
    return;
  }
  if (revision !== oracle.revision) throw new Error(`${replica.name} is ${phase} at ${revision}, the log at ${oracle.revision}`);
  if (!isDeepStrictEqual(held, oracle.recordsFor(audience))) {
    throw new Error(`${replica.name} at ${revision} differs from the records of the database`);
  }
}

function checkOrder({ replica, shown }: Observations, verdicts: Verdicts): void {
  for (const [index, { revision }] of shown.entries()) {
    const before = shown[index - 1]?.revision ?? 0;
    verdicts.check('contiguous', revision >= before, () => `${replica.name} went back from ${before} to ${revision}`);
  }
}

function checkAt(oracle: Oracle, { replica, shown, deliveries }: Observations, verdicts: Verdicts): void {
  const audience = oracle.audienceOf(replica.viewer);
  for (const { revision } of deliveries) {
    verdicts.check('no-leak', audience !== null, () => `${replica.name} received revision ${revision}, at which it has no access`);
  }
  for (const { revision, count, sum } of shown) {
    verdicts.checked('consistent');
    if (!audience) {
      verdicts.violated('consistent', `${replica.name} showed a replica of revision ${revision}, at which it has no access`);
      continue;
    }
    const expected = oracle.sumFor(audience);
    if (expected.count === count && expected.sum === sum) continue;
    verdicts.violated(
      'consistent',
      `${replica.name} at ${revision} held ${count} records with sum ${sum}, not ${expected.count} with ${expected.sum}`,
    );
  }
}

class ByRevision {
  readonly #byRevision = new Map<number, Map<WatchedReplica, { replica: WatchedReplica; shown: ShownState[]; deliveries: Delivery[] }>>();

  constructor(observations: readonly Observations[]) {
    for (const { replica, shown, deliveries } of observations) {
      for (const state of shown) this.#at(state.revision, replica).shown.push(state);
      for (const delivery of deliveries) this.#at(delivery.revision, replica).deliveries.push(delivery);
    }
  }

  #at(revision: number, replica: WatchedReplica) {
    const ofRevision = this.#byRevision.get(revision) ?? new Map();
    this.#byRevision.set(revision, ofRevision);
    const observations = ofRevision.get(replica) ?? { replica, shown: [], deliveries: [] };
    ofRevision.set(replica, observations);
    return observations;
  }

  take(revision: number): readonly Observations[] {
    const taken = this.#byRevision.get(revision);
    this.#byRevision.delete(revision);
    return taken ? [...taken.values()] : [];
  }

  rest(): readonly Observations[] {
    return [...this.#byRevision.values()].flatMap((ofRevision) => [...ofRevision.values()]);
  }
}

/**
 * Pairs the log's entries with the acknowledged writes: each entry with one write, and each write
 * that created a revision with its own.
 */
class WriteMatching {
  readonly #verdicts: Verdicts;
  readonly #byRevision = new Map<number, Acknowledged[]>();

  constructor(acknowledged: readonly Acknowledged[], verdicts: Verdicts) {
    this.#verdicts = verdicts;
    for (const one of acknowledged) this.#byRevision.set(one.revision, [...(this.#byRevision.get(one.revision) ?? []), one]);
  }

  match({ orgId, revision, command, changes }: LogEntry): void {
    const candidates = this.#byRevision.get(revision) ?? [];
    const slugs = changes.filter(({ kind, after }) => kind === 'team' && after !== null).map(({ after }) => after!.slug);
    const index = candidates.findIndex((one) => one.command === command && (one.slug === undefined || slugs.includes(one.slug)));
    this.#verdicts.check(
      'exactly-once',
      index !== -1,
      () => `revision ${revision} of ${orgId} (${command}) is in the log, but no response contains it: a write was executed twice`,
    );
    if (index !== -1) candidates.splice(index, 1);
  }

  end(): void {
    for (const left of [...this.#byRevision.values()].flat()) {
      if (left.mayChangeNothing) continue;
      this.#verdicts.violated(
        'exactly-once',
        `${left.command} was acknowledged as revision ${left.revision} of ${left.orgId}, but the log has another change there`,
      );
    }
  }
}
