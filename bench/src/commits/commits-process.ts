import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import type pg from 'pg';
import { openMemoryBus } from '../../../server/src/bus/bus-memory.ts';
import { openPostgres } from '../../../server/src/database/connections/database-postgres.ts';
import { userActor } from '../../../server/src/domain/actor.ts';
import { features } from '../../../server/src/features/index.ts';
import { Failpoints } from '../../../server/src/runtime/failpoints.ts';
import { createLog } from '../../../server/src/runtime/log.ts';
import { Counters } from '../../../server/src/runtime/metrics/counters.ts';
import { tokenDeriver } from '../../../server/src/runtime/secrets/derived-tokens.ts';
import { KeyRing } from '../../../server/src/runtime/secrets/key-ring.ts';
import { updateTeam } from '../../../server/src/write-path/commands/teams/update-team.ts';
import { openKeyUses } from '../../../server/src/write-path/idempotency.ts';
import { reactionsWith } from '../../../server/src/write-path/reactions/reactions.ts';
import { runCommand } from '../../../server/src/write-path/run-command.ts';
import { WriteQueue } from '../../../server/src/write-path/write-queue.ts';
import { limitsWith } from '../../../test/support/limits.ts';
import { nameWith, nowUs } from '../marker.ts';
import { teams, writers } from '../options.ts';

/**
 * Measures one organization's commits per second, once through the write path and once without it.
 * For the second measurement, the bare driver repeats the recorded statements on a second database
 * with the same contents. The difference is the cost of the write path itself. The two measurements
 * alternate, so that other load on the machine affects both equally.
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

type Transaction = readonly pg.QueryConfig[];

/** The driver that the server uses, not the one in the bench's own dependencies. */
const driver = createRequire(new URL('../../../server/package.json', import.meta.url))('pg') as typeof pg;

class Recorder {
  readonly #open = new Map<pg.Client, pg.QueryConfig[]>();
  readonly transactions: Transaction[] = [];

  get clients(): number {
    return this.#open.size;
  }

  /** Records every statement of this process until the returned function is called. */
  start(): () => void {
    const { prototype } = driver.Client;
    const query = prototype.query as (...args: unknown[]) => unknown;
    const note = (client: pg.Client, statement: pg.QueryConfig) => this.#note(client, statement);
    prototype.query = function (this: pg.Client, ...args: unknown[]) {
      note(this, args[0] as pg.QueryConfig);
      return query.apply(this, args);
    } as typeof prototype.query;
    return () => {
      prototype.query = query as typeof prototype.query;
    };
  }

  #note(client: pg.Client, { text, values, name }: pg.QueryConfig): void {
    const statements = /^(begin|start)/i.test(text) ? [] : (this.#open.get(client) ?? []);
    // Copies the statement, because pg adds the callback to the object it receives.
    statements.push({ text, ...(values && { values }), ...(name && { name }) });
    this.#open.set(client, statements);
    if (/^commit/i.test(text)) this.transactions.push(statements);
  }
}

/** Rounds of each measurement. With more rounds, each would be too short to reach full speed. */
const turns = 8;

interface Work {
  readonly count: number;
  readonly ms: number;
}

/** All writers call `writeOne` concurrently until it returns false. */
async function countWrites(writeOne: () => Promise<boolean>): Promise<Work> {
  let count = 0;
  const start = performance.now();
  const write = async () => {
    while (await writeOne()) count++;
  };
  await Promise.all(Array.from({ length: writers }, write));
  return { count, ms: performance.now() - start };
}

function perSecond(works: readonly Work[]): number {
  const sum = (read: (work: Work) => number) => works.reduce((total, work) => total + read(work), 0);
  return (sum(({ count }) => count) * 1_000) / sum(({ ms }) => ms);
}

async function measureCommits({ databaseUrl, copyUrl, durationMs }: CommitsRequest): Promise<CommitsMeasured> {
  const log = createLog('silent');
  const database = openPostgres(databaseUrl, log);
  const keys = new KeyRing(randomBytes(24).toString('hex'));
  const path = {
    database,
    bus: openMemoryBus(),
    writeQueue: new WriteQueue(),
    keyUses: openKeyUses(),
    counters: new Counters(),
    failpoints: new Failpoints(null),
    keys,
    deriveToken: tokenDeriver(keys),
    securityEvents: { record: () => {} },
    limits: limitsWith(),
    reactions: reactionsWith(features.flatMap(({ reactions = [] }) => reactions)),
    invites: 'on' as const,
    retiredRoles: new Set<never>(),
    retentionDaysMax: null,
    inviteDays: 7,
    wakeMail: () => {},
    wakeConsumers: () => {},
    wakeJobs: () => {},
    settleJob: async () => {},
    log,
  };
  const org = await database.db.selectFrom('organizations').select(['id']).executeTakeFirstOrThrow();
  const owner = await database.db.selectFrom('users').select(['id']).executeTakeFirstOrThrow();
  const actor = userActor(owner.id);
  let version = 0;
  const writeOne = async () => {
    const team = ++version % teams;
    const input = { team: `team-${team}`, name: nameWith({ team, version, sentUs: nowUs() }) };
    await runCommand(path, updateTeam, { orgId: org.id, actor, input, requestId: null, respond: async () => ({ status: 200 }) });
    return true;
  };
  const recorder = new Recorder();
  const recordFor = async (ms: number): Promise<{ work: Work; transactions: readonly Transaction[] }> => {
    const stopRecording = recorder.start();
    const deadline = performance.now() + ms;
    const work = await countWrites(async () => performance.now() < deadline && writeOne());
    stopRecording();
    return { work, transactions: recorder.transactions.splice(0) };
  };

  const warmUp = await recordFor(durationMs / 3);
  const pool = new driver.Pool({ connectionString: copyUrl, max: recorder.clients });
  await replay(pool, warmUp.transactions);
  const rollcall: Work[] = [];
  const bare: Work[] = [];
  let statementsPerCommit = 0;
  for (let turn = 0; turn < turns; turn++) {
    const { work, transactions } = await recordFor(durationMs / turns);
    rollcall.push(work);
    bare.push(await replay(pool, transactions));
    statementsPerCommit = transactions[0]!.length;
  }
  await database.close();
  await pool.end();
  return { rollcallPerSecond: perSecond(rollcall), barePerSecond: perSecond(bare), statementsPerCommit };
}

function replay(pool: pg.Pool, transactions: readonly Transaction[]): Promise<Work> {
  let next = 0;
  return countWrites(async () => {
    const transaction = transactions[next++];
    if (!transaction) return false;
    const client = await pool.connect();
    try {
      for (const statement of transaction) await client.query(statement);
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
