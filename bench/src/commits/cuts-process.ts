import { sql } from 'kysely';
import pg from 'pg';
import { createClient } from 'redis';
import { openPostgres } from '../../../server/src/database/connections/database-postgres.ts';
import type { Db, Tx } from '../../../server/src/database/database.ts';
import { prepared } from '../../../server/src/database/prepared.ts';
import { TransactionChain, transact } from '../../../server/src/database/transact.ts';
import { userActor } from '../../../server/src/domain/actor.ts';
import { authenticateTokenIn, authenticateTokens } from '../../../server/src/identity/identity-own.ts';
import { type RecordUse, recordUse } from '../../../server/src/identity/use/record-use.ts';
import { findOrganization } from '../../../server/src/read-path/queries/organizations/find-organization.ts';
import { createLog } from '../../../server/src/runtime/log.ts';
import { lockHead } from '../../../server/src/write-path/lock-head.ts';
import { readCpuTimes, usedBetween } from '../measure/cpu-time.ts';
import { median } from '../results.ts';
import type { Cpu, CutResult } from './rest-results.ts';

/**
 * Measures single parts of a request, each as the server does it and as it did it before the part
 * was made cheaper. The two alternate, so that other load on the machine affects both.
 */

export interface CutsRequest {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly org: string;
  readonly token: string;
}

interface Part {
  readonly part: string;
  readonly now: string;
  readonly before: string;
  runNow(): Promise<unknown>;
  runBefore(): Promise<unknown>;
}

const rounds = 5;
const roundMs = 250;
/** V8 compiles the code in this time, and PostgreSQL decides about the plans. */
const warmUpMs = 1_000;

/** The tokens beside the one that is looked up. */
const otherTokens = 5_000;

async function measureCuts({ databaseUrl, redisUrl, org, token }: CutsRequest): Promise<CutResult[]> {
  const database = openPostgres(databaseUrl, createLog('silent'));
  const { db } = database;
  const admin = new pg.Client({ connectionString: databaseUrl });
  await admin.connect();
  // As in `server/src/bus/pub-sub-node-redis.ts`. The type doesn't allow to remove the default.
  const client = createClient({ url: redisUrl, commandOptions: { timeout: undefined } as object });
  const clientWithTimers = createClient({ url: redisUrl });
  await Promise.all([client.connect(), clientWithTimers.connect()]);
  const owner = await db.selectFrom('users').select(['id']).executeTakeFirstOrThrow();
  const { id: orgId } = (await findOrganization(db, org))!;
  // In a small table, PostgreSQL keeps the plan for a list as well.
  await admin.query(
    `INSERT INTO auth_tokens (id, user_id, token_hash, token_last_characters, scopes, date_created)
    SELECT nextval('record_ids'), $1, 'hash-' || number, '', '{}', now() FROM generate_series(1, ${otherTokens}) AS number`,
    [owner.id],
  );
  await admin.query('ANALYZE auth_tokens');
  const actor = userActor(owner.id);
  const record: RecordUse = (...use) => recordUse(db, ...use);
  const chain = (lock: (tx: Tx) => Promise<unknown>) => {
    const chained = new TransactionChain();
    return new Promise<unknown>((resolve, reject) => {
      const second = () => chained.transact(database, lock, () => {}).then(resolve, reject);
      chained.transact(database, lock, second).catch(reject);
    });
  };
  const parts: readonly Part[] = [
    {
      part: 'credential look-up',
      now: 'a statement for one token, whose plan PostgreSQL keeps',
      before: 'a statement for a list',
      runNow: () => authenticateTokens(db, [token]),
      runBefore: () => authenticateTokens(db, [token, token]),
    },
    {
      part: 'token and organization',
      now: 'one statement for both',
      before: 'one statement each',
      runNow: () => authenticateTokenIn(db, token, org, record),
      runBefore: () => Promise.all([authenticateTokens(db, [token]), findOrganization(db, org)]),
    },
    {
      part: 'organization look-up',
      now: 'the statement is compiled once',
      before: 'compiled for each request',
      runNow: () => findOrganization(db, org),
      runBefore: () => selectBySlug(db, org).executeTakeFirst(),
    },
    {
      part: 'audit facts',
      now: 'read by the statement that locks the organization',
      before: 'two statements more in the same send',
      runNow: () => transact(db, (tx) => lockHead(tx, orgId, actor, false)),
      runBefore: () => transact(db, (tx) => lockAndReadFacts(tx, orgId, owner.id)),
    },
    {
      part: 'two commands',
      now: 'the second one behind the COMMIT of the first',
      before: 'on two connections, where the second one waits for the lock',
      runNow: () => chain((tx) => lockHead(tx, orgId, actor, false)),
      runBefore: () => Promise.all([1, 2].map(() => transact(db, (tx) => lockHead(tx, orgId, actor, false)))),
    },
    {
      part: 'limits and notices',
      now: 'commands to Redis without a timer each',
      before: 'with a timer each',
      runNow: () => client.publish('bench', org),
      runBefore: () => clientWithTimers.publish('bench', org),
    },
  ];
  const results: CutResult[] = [];
  for (const { part, now, before, runNow, runBefore } of parts) {
    const measured = await measureBoth(admin, runNow, runBefore);
    results.push({ part, now: { how: now, ...measured[0]! }, before: { how: before, ...measured[1]! } });
  }
  await Promise.all([database.close(), admin.end(), client.close(), clientWithTimers.close()]);
  return results;
}

/** Resolves to the medians of the rounds. */
async function measureBoth(admin: pg.Client, ...works: readonly (() => Promise<unknown>)[]): Promise<Cpu[]> {
  for (const work of works) await repeat(work, warmUpMs);
  const measured: Cpu[][] = works.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, work] of works.entries()) measured[index]!.push(await measure(admin, work));
  }
  return measured.map((all) => ({
    serverUs: median(all.map(({ serverUs }) => serverUs)),
    postgresUs: median(all.map(({ postgresUs }) => postgresUs)),
  }));
}

async function measure(admin: pg.Client, work: () => Promise<unknown>): Promise<Cpu> {
  const before = { own: process.cpuUsage(), postgres: await readCpuTimes(await backends(admin)) };
  const count = await repeat(work, roundMs);
  const own = process.cpuUsage(before.own);
  const after = await readCpuTimes(await backends(admin));
  return { serverUs: (own.user + own.system) / count, postgresUs: usedBetween(before.postgres, after) / count };
}

async function backends(admin: pg.Client): Promise<number[]> {
  const { rows } = await admin.query<{ pid: number }>(
    'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  );
  return rows.map(({ pid }) => pid);
}

async function repeat(work: () => Promise<unknown>, ms: number): Promise<number> {
  const deadline = performance.now() + ms;
  let count = 0;
  for (; performance.now() < deadline; count++) await work();
  return count;
}

function selectBySlug(db: Db, slug: string) {
  return db.selectFrom('organizations').select(['id', 'slug']).where(sql<boolean>`lower(slug) = lower(${slug}) and slug = ${slug}`);
}

/** The three statements that were merged into the one of `lockHead`. */
async function lockAndReadFacts(tx: Tx, orgId: string, userId: string): Promise<unknown> {
  return Promise.all([lock(tx, orgId), allocateIds(tx), selectName(tx, userId)]);
}

const lock = prepared((db, orgId: string) =>
  sql`SELECT organization_id, epoch, revision, floor_revision, chain, live_audit_entries, clock_timestamp() AS now
    FROM org_heads WHERE organization_id = ${orgId} FOR UPDATE`.compile(db),
);
const allocateIds = prepared((db) => sql`SELECT nextval('record_ids')::text FROM generate_series(1, 2)`.compile(db));
const selectName = prepared((db, userId: string) =>
  sql`SELECT coalesce(nullif(name, ''), email) FROM users WHERE id = ${userId}`.compile(db),
);

process.on('message', (request: CutsRequest) => {
  measureCuts(request).then((measured) => process.send!(measured));
});
process.on('disconnect', () => process.exit());
