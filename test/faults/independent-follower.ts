import { isDeepStrictEqual } from 'node:util';
import { findPython, pythonMissing } from '../support/python.ts';
import { followInPython, type PythonFollower } from '../support/python-follower.ts';
import type { Oracle } from './oracle.ts';
import type { Organization } from './organization.ts';
import type { Stage } from './stage.ts';
import type { Verdicts } from './verdicts.ts';

/** A client in Python that follows one organization as its owner, through all faults. */
export class IndependentFollower {
  readonly #follower: PythonFollower;
  readonly #org: Organization;

  private constructor(follower: PythonFollower, org: Organization) {
    this.#follower = follower;
    this.#org = org;
  }

  /** Gives why not, where there is no Python for it. */
  static async open(stage: Stage, org: Organization): Promise<IndependentFollower | string> {
    const python = await findPython();
    if (!python) return pythonMissing;
    const follower = followInPython(python, `http://127.0.0.1:${stage.parts.guestLink.port}`, org.owner.token, org.id);
    await follower.until('snapshot-end', { timeoutMs: 30_000 });
    return new IndependentFollower(follower, org);
  }

  /** Its copy against the oracle, which stands at the head, and what it complained of. */
  async judge(oracle: Oracle, verdicts: Verdicts): Promise<void> {
    try {
      await this.#follower.verifiedAt(oracle.revision);
      const { records, revision } = await this.#follower.dump();
      const held = new Map(records.map(({ kind, id, record }: { kind: string; id: string; record: unknown }) => [`${kind}/${id}`, record]));
      const audience = oracle.audienceOf(this.#org.replicas[0]!.viewer)!;
      const isEqual = revision === oracle.revision && isDeepStrictEqual(held, oracle.recordsFor(audience));
      verdicts.check(
        'follower',
        isEqual,
        () => `the follower in Python holds something else at ${revision} than the database at ${oracle.revision}`,
      );
    } catch (error) {
      verdicts.checked('follower');
      verdicts.violated('follower', String(error));
    }
  }

  async close(): Promise<void> {
    await this.#follower.quit().catch(() => {});
  }
}
