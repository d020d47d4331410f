import pg from 'pg';
import { markersIn } from '../marker.ts';
import type { Commit } from './load-reception.ts';

/** Reads the commit time of each marked change from the log. */
export class CommitLog implements AsyncDisposable {
  readonly #client: pg.Client;
  readonly #orgId: string;
  /** The offset from the wall clock to the clock of `nowUs`. */
  readonly #offsetUs = monotonicOffsetUs();
  #revision = 0;

  private constructor(client: pg.Client, orgId: string) {
    this.#client = client;
    this.#orgId = orgId;
  }

  static async open(databaseUrl: string, orgId: string): Promise<CommitLog> {
    const client = new pg.Client({ connectionString: databaseUrl });
    client.on('error', () => {});
    await client.connect();
    return new CommitLog(client, orgId);
  }

  /**
   * The commits since the last call. The time of a commit is that of its log entry, which is
   * written last.
   */
  async read(): Promise<Commit[]> {
    const { rows } = await this.#client.query<{ revision: string; after: string | null; us: string }>(
      `SELECT revision, coalesce(after->>'relayPiiConfig', after->>'name') AS after, (extract(epoch FROM committed_at) * 1e6)::bigint AS us
         FROM change_log WHERE organization_id = $1 AND revision > $2 ORDER BY revision`,
      [this.#orgId, this.#revision],
    );
    const commits = rows.flatMap(({ after, us }) =>
      markersIn(after ?? '').map(({ version }): Commit => [version, Number(us) + this.#offsetUs]),
    );
    this.#revision = Number(rows.at(-1)?.revision ?? this.#revision);
    return commits;
  }

  /** The time of the log entry of a revision, by the clock of `nowUs`. */
  async committedUs(revision: number): Promise<number> {
    const { rows } = await this.#client.query<{ us: string }>(
      `SELECT (extract(epoch FROM max(committed_at)) * 1e6)::bigint AS us FROM change_log WHERE organization_id = $1 AND revision = $2`,
      [this.#orgId, revision],
    );
    return Number(rows[0]!.us) + this.#offsetUs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end();
  }
}

/** Exact to some microseconds: it is read when the millisecond of the other clock changes. */
function monotonicOffsetUs(): number {
  const before = Date.now();
  let now = before;
  while (now === before) now = Date.now();
  return Number(process.hrtime.bigint() / 1_000n) - now * 1_000;
}
