import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import type pg from 'pg';
import { openMemoryBus } from '../../../server/src/bus/bus-memory.ts';
import { openPostgres } from '../../../server/src/database/database-postgres.ts';
import type { Actor } from '../../../server/src/domain/actor.ts';
import { Counters } from '../../../server/src/runtime/counters.ts';
import { tokenDeriver } from '../../../server/src/runtime/derived-tokens.ts';
import { Failpoints } from '../../../server/src/runtime/failpoints.ts';
import { createLog } from '../../../server/src/runtime/log.ts';
import { updateTeam } from '../../../server/src/write-path/commands/update-team.ts';
import { runCommand } from '../../../server/src/write-path/run-command.ts';
import { Turns } from '../../../server/src/write-path/turns.ts';
import { nameWith, nowUs } from '../marker.ts';
import { teams, writers } from '../options.ts';

/**
 * One organization's commits per second by Rollcall's write path, beside the very statements it sent, recorded and
 * sent again to a copy of the same database by the bare driver. What is left is what the path costs itself.
 */

export interface CommitsRequest {
  readonly databaseUrl: string;
  readonly copyUrl: string;
  readonly durationMs: number;
}

export interface CommitsMeasured {
  readonly rollcallPerSecond: number;
  readonly barePerSecond: number;
  readonly statementsPerCommit: number;
}

/** The arguments of one `client.query`. */
type Statement = readonly [string | pg.QueryConfig, unknown[]?];
type Transaction = readonly Statement[];

/** The server's own copy of the driver, and not the bench's. */
const driver = createRequire(new URL('../../../server/package.json', import.meta.url))('pg') as typeof pg;

class Recorder {
  readonly #open = new Map<pg.Client, Statement[]>();
  transactions: Transaction[] = [];

  get clients(): number {
    return this.#open.size;
  }

  /** Has every statement of this process noted until the returned function is called. */
  start(): () => void {
    const { prototype } = driver.Client;
    const query = prototype.query as (...args: unknown[]) => unknown;
    const note = (client: pg.Client, statement: Statement) => this.#note(client, statement);
    prototype.query = function (this: pg.Client, ...args: unknown[]) {
      note(this, args as unknown as Statement);
      return query.apply(this, args);
    } as typeof prototype.query;
    return () => {
      prototype.query = query as typeof prototype.query;
    };
  }

  #note(client: pg.Client, statement: Statement): void {
    const text = typeof statement[0] === 'string' ? statement[0] : statement[0].text;
    const statements = /^(begin|start)/i.test(text) ? [] : (this.#open.get(client) ?? []);
    statements.push(statement);
    this.#open.set(client, statements);
    if (/^commit/i.test(text)) this.transactions.push(statements);
  }
}

/** Runs `writeOne` by all writers at once until it says that there is no more, and gives what it did per second. */
async function perSecond(writeOne: () => Promise<boolean>): Promise<number> {
  let count = 0;
  const start = performance.now();
  const write = async () => {
    while (await writeOne()) count++;
  };
  await Promise.all(Array.from({ length: writers }, write));
  return (count * 1_000) / (performance.now() - start);
}

async function measureCommits({ databaseUrl, copyUrl, durationMs }: CommitsRequest): Promise<CommitsMeasured> {
  const log = createLog('silent');
  const database = openPostgres(databaseUrl, log);
  const path = {
    database,
    bus: openMemoryBus(),
    turns: new Turns(),
    counters: new Counters(),
    failpoints: new Failpoints(null),
    deriveToken: tokenDeriver(randomBytes(24).toString('hex')),
    wakeMail: () => {},
    log,
  };
  const org = await database.db.selectFrom('organizations').select(['id']).executeTakeFirstOrThrow();
  const owner = await database.db.selectFrom('users').select(['id']).executeTakeFirstOrThrow();
  const actor: Actor = { kind: 'user', userId: owner.id, tokenScopes: null, boundOrgId: null };
  let version = 0;
  const writeOne = async () => {
    const team = ++version % teams;
    const input = { team: `team-${team}`, name: nameWith({ team, version, sentUs: nowUs() }), malformed: {} };
    await runCommand(path, updateTeam, { orgId: org.id, actor, input, requestId: null, respond: async () => ({ status: 200 }) });
    return true;
  };
  const writeFor = (ms: number) => {
    const deadline = performance.now() + ms;
    return perSecond(async () => performance.now() < deadline && writeOne());
  };

  const recorder = new Recorder();
  const stopRecording = recorder.start();
  await writeFor(durationMs / 3);
  const warmUp = recorder.transactions;
  recorder.transactions = [];
  const rollcallPerSecond = await writeFor(durationMs);
  const { transactions, clients } = recorder;
  stopRecording();
  await database.close();

  const pool = new driver.Pool({ connectionString: copyUrl, max: clients });
  await replay(pool, warmUp);
  const barePerSecond = await replay(pool, transactions);
  await pool.end();
  return { rollcallPerSecond, barePerSecond, statementsPerCommit: transactions[0]!.length };
}

function replay(pool: pg.Pool, transactions: readonly Transaction[]): Promise<number> {
  let next = 0;
  return perSecond(async () => {
    const transaction = transactions[next++];
    if (!transaction) return false;
    const client = await pool.connect();
    try {
      for (const [query, values] of transaction) await (values ? client.query(query as string, values) : client.query(query));
    } finally {
      client.release();
    }
    return true;
  });
}

process.on('message', (request: CommitsRequest) => {
  measureCommits(request).then((measured) => process.send!(measured));
});
process.on('disconnect', () => process.exit());
