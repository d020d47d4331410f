import pg from 'pg';
import { type Postgres, type TestDatabase, withClient } from '../../../test/support/postgres.ts';

export interface Statement {
  readonly text: string;
  /** Executions for each commit. */
  readonly calls: number;
  /**
   * Plans for each commit. It is 0 for a prepared statement, unless PostgreSQL expects a plan for
   * the values to be better.
   */
  readonly plans: number;
  /** Microseconds of planning and execution for each commit, without parsing. */
  readonly us: number;
}

/** Counts statements with the extension `pg_stat_statements`, which is off between the counts. */
export class StatementCounter {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  /** Restarts PostgreSQL with the extension. */
  static async open(postgres: Postgres): Promise<StatementCounter> {
    await withClient(postgres.url, async (client) => {
      await client.query(`ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'`);
      await client.query(`ALTER SYSTEM SET "pg_stat_statements.track" = 'none'`);
      await client.query(`ALTER SYSTEM SET "pg_stat_statements.track_planning" = 'on'`);
    });
    await postgres.restart();
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    await client.query('CREATE EXTENSION pg_stat_statements');
    return new StatementCounter(client);
  }

  /** @param write returns the number of commits */
  async count({ name }: TestDatabase, write: () => Promise<number>): Promise<Statement[]> {
    await this.#track('top');
    await this.#client.query('SELECT pg_stat_statements_reset()');
    const commits = await write();
    await this.#track('none');
    const { rows } = await this.#client.query<{ query: string; calls: number; plans: number; us: number }>(
      `SELECT query, calls::float, plans::float, (total_plan_time + total_exec_time) * 1000 AS us FROM pg_stat_statements
       JOIN pg_database ON pg_database.oid = dbid WHERE datname = $1 AND calls > $2::float`,
      // Statements with fewer executions are those of sweeps.
      [name, commits / 10],
    );
    return rows.map(({ query, calls, plans, us }) => ({ text: query, calls: calls / commits, plans: plans / commits, us: us / commits }));
  }

  async #track(what: 'top' | 'none'): Promise<void> {
    await this.#client.query(`ALTER SYSTEM SET "pg_stat_statements.track" = '${what}'`);
    await this.#client.query('SELECT pg_reload_conf()');
  }

  /** The processes of the connections to this database. */
  async pidsOf({ name }: TestDatabase): Promise<number[]> {
    const { rows } = await this.#client.query<{ pid: number }>('SELECT pid FROM pg_stat_activity WHERE datname = $1', [name]);
    return rows.map(({ pid }) => pid);
  }

  close(): Promise<void> {
    return this.#client.end();
  }
}
