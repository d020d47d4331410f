import type { Db } from '../database/database.ts';
import { type Head, readHeads } from '../database/read-log.ts';

interface Round {
  readonly orgIds: Set<string>;
  readonly heads: Promise<ReadonlyMap<string, Head>>;
}

/**
 * Reads heads for those who need to know where an organization stands *now*: every caller's read begins after the
 * call (rule F1), and however many call at once, two queries serve them all.
 */
export class HeadChecks {
  readonly #db: Db;
  #running: Promise<unknown> = Promise.resolve();
  #next: Round | null = null;

  constructor(db: Db) {
    this.#db = db;
  }

  /** Absent organizations are absent from the answer. Rejects while the database is unreachable. */
  async read(orgIds: Iterable<string>): Promise<ReadonlyMap<string, Head>> {
    this.#next ??= this.#schedule();
    const round = this.#next;
    for (const orgId of orgIds) round.orgIds.add(orgId);
    return round.heads;
  }

  #schedule(): Round {
    const orgIds = new Set<string>();
    const heads = this.#running.then(async () => {
      this.#next = null;
      const found = await readHeads(this.#db, [...orgIds]);
      return new Map(found.map((head) => [head.orgId, head]));
    });
    this.#running = heads.catch(() => {});
    return { orgIds, heads };
  }
}
