import pg from 'pg';
import { markersIn } from '../marker.ts';
import type { Commit } from './load-reception.ts';

/** Reads from the log itself when each marked change was committed. */
export class CommitLog implements AsyncDisposable {
  readonly #client: pg.Client;
  readonly #orgId: string;
  /** From the clock of all machines to the one of `nowUs`. */
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

  /** Those since the last call. A commit's time is that of its entry, written last before the commit itself. */
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end();
  }
}

/** Exact to some microseconds: read in the moment in which the millisecond of the other clock changes. */
function monotonicOffsetUs(): number {
  const before = Date.now();
  let now = before;
  while (now === before) now = Date.now();
  return Number(process.hrtime.bigint() / 1_000n) - now * 1_000;
}
