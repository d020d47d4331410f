import assert from 'node:assert/strict';
import { type LogEntry, OrgState } from '../../../protocol/src/index.ts';
import { openPostgres } from '../../../server/src/database/connections/database-postgres.ts';
import type { Database } from '../../../server/src/database/database.ts';
import { readEntries } from '../../../server/src/database/records/read-log.ts';
import { createLog } from '../../../server/src/runtime/log.ts';
import { freePort } from '../../support/free-port.ts';
import type { Postgres } from '../../support/postgres.ts';
import { type StartedProcess, startProcess } from '../../support/process.ts';
import { anOrganizationOf, aPerson, type ProvisionedOrg } from '../../support/provision.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';
import { type Api, apiOf } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

const operatorToken = 'operator-token-of-the-kill-test-1234567';
const writersCount = 4;
/** KILLS sets the number of kills of each database. */
const roundsCount = Number(process.env.KILLS ?? 1);
/** The kill comes after this many further acknowledged writes, always with others under way. */
const acknowledgedBeforeKill = 25;

export async function onPostgres(postgres: Postgres) {
  const { url } = await postgres.createDatabase();
  return {
    environment: { DATABASE_URL: url, DATA_DIR: makeTemporaryDirectory('killed') },
    open: async () => openPostgres(url, createLog('silent')),
    stop: () => postgres.stop(),
  };
}

interface TestDatabase {
  readonly environment: Readonly<Record<string, string>>;
  /** Opens the database without a server. */
  open(): Promise<Database>;
  killDatabase(): Promise<void>;
  restartDatabase(): Promise<void>;
  stop(): Promise<void>;
}

/** Writes to a server whose process is killed. `prepare` starts a database without a server. */
export function describeKill(name: string, prepare: () => Promise<TestDatabase>): void {
  describe(`a server on ${name}, killed among writes`, function () {
    this.timeout(120_000);
    let database: TestDatabase;
    let server: StartedProcess;
    let api: Api;
    let url: string;
    let org: ProvisionedOrg;

    const start = async () => {
      server = startProcess(['start'], { ...database.environment, PORT: new URL(url).port, OPERATOR_TOKEN: operatorToken });
      await server.waitForLine(/is ready on/, 30_000);
    };

    before(async () => {
      database = await prepare();
      url = `http://127.0.0.1:${await freePort()}`;
      await start();
      api = apiOf(url, operatorToken);
      org = await anOrganizationOf(api, await aPerson(api));
    });
    after(async () => {
      await server?.kill('SIGKILL');
      await database?.stop();
    });

    it('[W5] has logged every acknowledged write exactly once, and resumes old cursors by a step', async () => {
      const acknowledged = new Map<string, number>();
      let made = 0;
      let interrupted = 0;
      for (let round = 0; round < roundsCount; round++) {
        const replica = await WireReplica.open(url, org.owner.token, org.slug);
        const unanswered = await writeUntilKilled(acknowledged, () => `team-${++made}`);
        interrupted += unanswered.length;
        replica.check();
        await database.restartDatabase();
        await start();

        const resumed = await resume(replica);
        // The client retries as any client would. With the same key the retry is safe, regardless
        // of whether the first request was committed.
        for (const slug of unanswered) acknowledged.set(slug, await createTeam(slug));
        await resumed.reach(Math.max(...acknowledged.values()));
        assert.ok(!resumed.frames.some(({ event }) => event === 'snapshot'), 'a subscriber with a valid cursor got a snapshot');
        const { body } = await api.operate('GET', `/organizations/${org.slug}/state/?audience=owner`);
        assert.deepEqual(
          { revision: resumed.revision, ...resumed.checksum() },
          { revision: body.revision, count: body.count, sum: body.sum },
        );
        resumed.close();
      }
      await server.kill('SIGTERM');
      // A kill may fall between two requests, but not each of them.
      assert.ok(interrupted > 0, 'no request was in progress at any kill');
      await assertLogHolds(acknowledged);
    });

    /** @returns the requests without a response */
    async function writeUntilKilled(acknowledged: Map<string, number>, nextSlug: () => string): Promise<string[]> {
      const unanswered: string[] = [];
      const killAt = acknowledged.size + acknowledgedBeforeKill;
      let isKilled = false;
      const write = async () => {
        while (!isKilled) {
          const slug = nextSlug();
          try {
            acknowledged.set(slug, await createTeam(slug));
          } catch (error) {
            assert.ok(isKilled, `a write failed before the kill: ${error}`);
            unanswered.push(slug);
          }
          if (!isKilled && acknowledged.size >= killAt) {
            isKilled = true;
            await Promise.all([database.killDatabase(), server.kill('SIGKILL')]);
          }
        }
      };
      await Promise.all(Array.from({ length: writersCount }, write));
      return unanswered;
    }

    /** The revision that created the team. */
    async function createTeam(slug: string): Promise<number> {
      const { status, body, headers } = await api.request('POST', `/api/0/organizations/${org.slug}/teams/`, {
        token: org.owner.token,
        body: { slug },
        headers: { 'Idempotency-Key': slug },
      });
      assert.equal(status, 201, JSON.stringify(body));
      return Number(headers.get('x-org-revision')?.split('.')[1]);
    }

    async function resume(old: WireReplica): Promise<WireReplica> {
      old.close();
      const resumed = await WireReplica.connect(url, org.owner.token);
      resumed.state = OrgState.from([...old.state.all()]);
      resumed.revision = old.revision;
      const answer = await resumed.subscribe(org.slug, { cursor: old.cursor });
      assert.equal(answer.mode, 'resume');
      return resumed;
    }

    async function assertLogHolds(acknowledged: ReadonlyMap<string, number>): Promise<void> {
      const opened = await database.open();
      let entries: LogEntry[];
      try {
        entries = await readEntries(opened.db, org.id, 0, Number.MAX_SAFE_INTEGER);
      } finally {
        await opened.close();
      }
      assert.deepEqual(
        entries.map(({ revision }) => revision),
        entries.map((_, index) => index + 1),
        'the log has gaps',
      );
      const made = entries.flatMap(({ revision, changes }) =>
        changes.filter(({ kind }) => kind === 'team').map(({ after }) => [(after as unknown as { slug: string }).slug, revision] as const),
      );
      assert.equal(new Set(made.map(([slug]) => slug)).size, made.length, 'a write is in the log twice');
      assert.deepEqual(new Map([...made].sort()), new Map([...acknowledged].sort()));
    }
  });
}
