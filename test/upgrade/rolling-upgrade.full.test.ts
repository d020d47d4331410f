import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { hasCommit, previousRelease, unpackVersion } from '../support/earlier-version.ts';
import { eventually } from '../support/eventually.ts';
import { readMetrics } from '../support/metrics.ts';
import { sharedPostgres, type TestDatabase } from '../support/postgres.ts';
import { type StartedProcess, startProcess } from '../support/process.ts';
import { anOrganizationOf, aPerson, revisionOf } from '../support/provision.ts';
import { sharedRedis } from '../support/redis.ts';
import { doNotCheckResponsesOf } from '../support/response-checks.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import { type Api, apiOf } from '../support/server.ts';
import { skipBecause } from '../support/skip.ts';
import { WireReplica } from '../support/wire-replica.ts';

interface Instance extends Api {
  readonly url: string;
  readonly operatorToken: string;
  readonly process: StartedProcess;
}

const writesPerInstance = 30;

describe('a rolling upgrade from the previous release', function () {
  this.timeout(300_000);
  const commit = previousRelease();
  let database: TestDatabase;
  let folder: string;
  let environment: Readonly<Record<string, string>>;
  const started: StartedProcess[] = [];

  before(async function () {
    if (!(await hasCommit(commit))) {
      if (process.env.CI === 'true') throw new Error(`this clone has no commit ${commit}: fetch the whole history`);
      skipBecause(this, `this clone has no commit ${commit}`);
    }
    folder = await unpackVersion(commit);
    database = await (await sharedPostgres()).createDatabase();
    environment = {
      DATABASE_URL: database.url,
      REDIS_URL: (await sharedRedis()).url,
      SECRET: randomBytes(24).toString('hex'),
      OPERATOR_TOKEN: randomBytes(24).toString('hex'),
      RATE_LIMIT_MEMBERS: '1000000',
      PORT: '0',
    };
  });
  after(async () => {
    await Promise.all(started.map((each) => each.kill()));
    await database?.drop();
  });

  const runOf = (root: string | null) => (root === null ? {} : { script: path.join(root, 'server/src/main.ts'), cwd: root });

  /** @param root of an earlier version; null is this one */
  async function start(root: string | null): Promise<Instance> {
    const server = startProcess(['start'], { ...environment, DATA_DIR: makeTemporaryDirectory('upgrade') }, runOf(root));
    started.push(server);
    const [, url] = (await server.waitForLine(/ is ready on (http:\/\/[^\s"\\]+)/, 120_000)) as unknown as [string, string];
    if (root !== null) doNotCheckResponsesOf(url);
    const operatorToken = environment.OPERATOR_TOKEN!;
    return { url, operatorToken, process: server, ...apiOf(url, operatorToken) };
  }

  it('[H-37] keeps the replicas of both client versions exact on both server versions, during writes on both', async () => {
    const old = await start(folder);
    const owner = await aPerson(old);
    const org = await anOrganizationOf(old, owner);
    const early = await WireReplica.open(old.url, owner.token, org.slug);
    // The new server migrates the database while the old one serves.
    const fresh = await start(null);
    const late = await WireReplica.open(fresh.url, owner.token, org.slug);
    const watchers = [null, folder].flatMap((root) =>
      [old, fresh].map(({ url }) => {
        const watcher = startProcess(['watch', org.slug, '--url', url], { ROLLCALL_TOKEN: owner.token }, runOf(root));
        started.push(watcher);
        return watcher;
      }),
    );
    for (const watcher of watchers) await watcher.waitForLine(/^Watching /, 60_000);

    const writeOn = async (instance: Instance, name: string) => {
      let last = 0;
      for (let number = 0; number < writesPerInstance; number++) {
        const slug = `${name}-${number}`;
        const made = await instance.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: owner.token, body: { slug } });
        assert.equal(made.status, 201, JSON.stringify(made.body));
        const renamed = await instance.request('PUT', `/api/0/teams/${org.slug}/${slug}/`, {
          token: owner.token,
          body: { name: `${name} team` },
        });
        assert.equal(renamed.status, 200, JSON.stringify(renamed.body));
        last = revisionOf(renamed);
      }
      return last;
    };
    const last = Math.max(...(await Promise.all([writeOn(old, 'old'), writeOn(fresh, 'fresh')])));

    for (const replica of [early, late]) {
      await replica.reach(last);
      replica.ping();
      const pong = await eventually(() => {
        const frame = replica.frames.at(-1)!;
        assert.equal(frame.event, 'pong');
        assert.ok(frame.payload.orgs[org.id].revision >= last, 'not yet');
        return frame.payload.orgs[org.id];
      });
      assert.deepEqual({ count: pong.count, sum: pong.sum }, replica.checksum());
    }
    // The previous release sends records without the fields that this one added.
    assert.deepEqual(early.records(), withFieldsOf(early.records(), late.records()));
    const lastEvent = new RegExp(`#${last} `);
    for (const watcher of watchers) await watcher.waitForLine(lastEvent, 30_000);
    for (const instance of [old, fresh]) {
      const resubscribes = [...(await readMetrics(instance))].filter(
        ([name, count]) => /^rollcall_(doubts|resubscribes)_total/.test(name) && count > 0,
      );
      assert.deepEqual(resubscribes, []);
    }
    early.close();
    late.close();
  });

  it('[H-31] [H-37] starts the previous release again on the migrated database, where it adds rows that this version reads', async () => {
    const [again, fresh] = [await start(folder), await start(null)];
    assert.equal((await fetch(`${again.url}/readyz`)).status, 200);
    const owner = await aPerson(again);
    const { slug } = await anOrganizationOf(again, owner);
    const organization = `/api/0/organizations/${slug}`;
    const { token } = owner;
    assert.equal((await again.request('POST', `${organization}/teams/`, { token, body: { slug: 'ops' } })).status, 201);
    assert.equal((await again.request('POST', `/api/0/teams/${slug}/ops/projects/`, { token, body: { name: 'engine' } })).status, 201);
    const project = `/api/0/projects/${slug}/engine/`;
    assert.equal((await again.request('PUT', project, { token, body: { isBookmarked: true } })).status, 200);
    // `project_bookmarks` has a column that the previous release doesn't know.
    assert.equal((await fresh.request('GET', project, { token })).body.isBookmarked, true);
  });
});

/** The records with the fields only that those of the earlier version have. */
function withFieldsOf(earlier: ReadonlyMap<string, unknown>, records: ReadonlyMap<string, unknown>): Map<string, unknown> {
  const reduce = (key: string, record: object) => {
    const known = (earlier.get(key) ?? record) as object;
    return Object.fromEntries(Object.entries(record).filter(([field]) => field in known));
  };
  return new Map([...records].map(([key, record]) => [key, reduce(key, record as object)]));
}
