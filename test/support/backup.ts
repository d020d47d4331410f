import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from './executables.ts';
import { cleanEnvironment, type TestDatabase, withClient } from './postgres.ts';
import type { PostgresWithDump } from './postgres-binaries.ts';
import { makeTemporaryDirectory } from './run-directory.ts';

/** The statement that docs/operating/backup.md gives for the end of a restore. */
export const newEpochs = 'UPDATE org_heads SET epoch = gen_random_uuid()';

/** A backup that pg_dump made, and the ways in which operators restore it. */
export class Backup {
  readonly #programs: PostgresWithDump;
  readonly #folder = makeTemporaryDirectory('backup');

  private constructor(programs: PostgresWithDump) {
    this.#programs = programs;
  }

  static async of(database: Pick<TestDatabase, 'url'>, programs: PostgresWithDump): Promise<Backup> {
    const backup = new Backup(programs);
    await backup.#execute(programs.pgDump, database, '--format=custom', `--file=${backup.#file}`);
    return backup;
  }

  get #file(): string {
    return path.join(this.#folder, 'dump');
  }

  /** @param options of pg_restore, for example `--single-transaction` */
  async restore(database: Pick<TestDatabase, 'url'>, ...options: string[]): Promise<void> {
    await this.#execute(this.#programs.pgRestore, database, ...options, this.#file);
  }

  /** The names of the dumped tables, in the order of the dump. */
  async tables(): Promise<string[]> {
    return (await this.#entries()).flatMap((entry) => /TABLE DATA \S+ (\S+)/.exec(entry)?.[1] ?? []);
  }

  /** Restores the rows of these tables. The schema must exist. */
  async restoreRows(database: Pick<TestDatabase, 'url'>, tables: readonly string[]): Promise<void> {
    const wanted = new Set(tables);
    const entries = (await this.#entries()).filter((entry) => wanted.has(/TABLE DATA \S+ (\S+)/.exec(entry)?.[1] ?? ''));
    await this.#restoreEntries(database, entries);
  }

  async restoreSequences(database: Pick<TestDatabase, 'url'>): Promise<void> {
    await this.#restoreEntries(
      database,
      (await this.#entries()).filter((entry) => entry.includes('SEQUENCE SET')),
    );
  }

  async #restoreEntries(database: Pick<TestDatabase, 'url'>, entries: readonly string[]): Promise<void> {
    const list = path.join(this.#folder, 'list');
    writeFileSync(list, entries.join('\n'));
    await this.restore(database, '--data-only', '--disable-triggers', `--use-list=${list}`);
  }

  async #entries(): Promise<string[]> {
    const list = await run(this.#programs.pgRestore, ['--list', this.#file], { env: cleanEnvironment() });
    return list.split('\n').filter((line) => /^\d+;/.test(line));
  }

  #execute(program: string, { url }: Pick<TestDatabase, 'url'>, ...args: string[]): Promise<string> {
    return run(program, [`--dbname=${url}`, ...args], { env: cleanEnvironment() });
  }
}

/** Drops the database under its connections, and creates an empty one of the same name. */
export async function recreate({ name, url }: Pick<TestDatabase, 'name' | 'url'>): Promise<void> {
  const maintenance = new URL(url);
  maintenance.pathname = '/postgres';
  await withClient(maintenance.href, async (client) => {
    await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${name}`);
  });
}
