import { isDeepStrictEqual } from 'node:util';
import { findPython, pythonMissing } from '../support/python.ts';
import { type PythonSubscriber, subscribeInPython } from '../support/python-subscriber.ts';
import type { Cluster } from './cluster.ts';
import type { Oracle } from './oracle.ts';
import type { Organization } from './organization.ts';
import type { Verdicts } from './verdicts.ts';

/** A client in Python that subscribes to one organization as its owner, through all faults. */
export class IndependentSubscriber {
  readonly #subscriber: PythonSubscriber;
  readonly #org: Organization;

  private constructor(subscriber: PythonSubscriber, org: Organization) {
    this.#subscriber = subscriber;
    this.#org = org;
  }

  /** Returns the reason if there is no suitable Python. */
  static async open(cluster: Cluster, org: Organization): Promise<IndependentSubscriber | string> {
    const python = await findPython();
    if (!python) return pythonMissing;
    const subscriber = subscribeInPython(python, `http://127.0.0.1:${cluster.parts.guestLink.port}`, org.owner.token, org.id);
    await subscriber.until('snapshot-end', { timeoutMs: 30_000 });
    return new IndependentSubscriber(subscriber, org);
  }

  /** Compares its replica with the oracle at the head of the log, and reports its violations. */
  async compare(oracle: Oracle, verdicts: Verdicts): Promise<void> {
    try {
      await this.#subscriber.verifiedAt(oracle.revision);
      const { records, revision } = await this.#subscriber.dump();
      const held = new Map(records.map(({ kind, id, record }: { kind: string; id: string; record: unknown }) => [`${kind}/${id}`, record]));
      const audience = oracle.audienceOf(this.#org.replicas[0]!.viewer)!;
      const isEqual = revision === oracle.revision && isDeepStrictEqual(held, oracle.recordsFor(audience));
      verdicts.check(
        'subscriber',
        isEqual,
        () => `at ${revision}, the subscriber in Python differs from the database at ${oracle.revision}`,
      );
    } catch (error) {
      verdicts.checked('subscriber');
      verdicts.violated('subscriber', String(error));
    }
  }

  async close(): Promise<void> {
    await this.#subscriber.quit().catch(() => {});
  }
}
