import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import pg from 'pg';
import type { LogChange } from '../../../protocol/src/index.ts';
import { openPostgres } from '../../../server/src/database/connections/database-postgres.ts';
import { readChangedHeads } from '../../../server/src/database/records/read-changed-heads.ts';
import { readHeads } from '../../../server/src/database/records/read-log.ts';
import { nextChain } from '../../../server/src/domain/chain.ts';
import { serverStreamId } from '../../../server/src/domain/server-stream.ts';
import { decodeCursor } from '../../../server/src/read-path/feed/cursor.ts';
import type { LogReader } from '../../../server/src/read-path/feed/log-reader.ts';
import { ChangedHeads } from '../../../server/src/read-path/heads/changed-heads.ts';
import { createLog } from '../../../server/src/runtime/log.ts';
import { newEpochs } from '../../support/backup.ts';
import { eventually } from '../../support/eventually.ts';
import { run } from '../../support/executables.ts';
import { beginRevision, logRevision } from '../../support/log-revision.ts';
import { aMigratedDatabase } from '../../support/migrated-database.ts';
import { cleanEnvironment, sharedPostgres, startPostgres, withClient } from '../../support/postgres.ts';
import { findPostgresWithDump } from '../../support/postgres-binaries.ts';
import { anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';
import { startEmbeddedServer, startServer, type TestServer } from '../../support/server.ts';
import { skipBecause } from '../../support/skip.ts';
import { swapDatabases } from '../../support/swap-databases.ts';
import { WireReplica } from '../../support/wire-replica.ts';

/** A record that the owner sees, so that the replica gets a step. */
function aTeam(): LogChange[] {
  const id = String(900_000 + nextNumber());
  const after = { id, slug: `team-${id}`, name: id, dateCreated: '2026-03-01T09:30:00.000000Z', flags: { 'idp:provisioned': false } };
  return [{ kind: 'team', id, before: null, after }];
}

/** Neither notices nor pings help the replica. */
const arrives = (replica: WireReplica, revision: number) =>
  eventually(() => {
    replica.check();
    assert.equal(replica.revision, revision);
  });

/** The first sweeps read some heads that have not changed. */
async function sweepSome({ services }: TestServer): Promise<void> {
  const sweeps = () => services.writePath.counters.get('sweeps');
  const before = sweeps();
  await eventually(() => assert.ok(sweeps() > before + 5, 'no sweep'));
}

async function createTeam(
  server: TestServer,
  owner: Person,
  org: ProvisionedOrg,
): Promise<{ readonly key: string; readonly revision: number }> {
  const body = { slug: `team-${nextNumber()}` };
  const created = await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: owner.token, body });
  assert.equal(created.status, 201);
  return { key: `team/${created.body.id}`, revision: revisionOf(created) };
}

/**
 * Creates a team that the backup lacks, and restores the backup while the server runs.
 * @param mustReconnect whether the restore gives new epochs, after which clients connect again
 */
async function expectRestored(
  server: TestServer,
  owner: Person,
  org: ProvisionedOrg,
  restore: () => Promise<unknown>,
  mustReconnect = false,
): Promise<void> {
  const { db } = server.services;
  const replica = await WireReplica.open(server.url, owner.token, org.slug);
  const lost = await createTeam(server, owner, org);
  await arrives(replica, lost.revision);
  assert.ok(replica.records().has(lost.key), 'the team did not arrive');
  await sweepSome(server);
  const before = await readChangedHeads(db, null, []);
  await restore();
  const after = await eventually(() => readChangedHeads(db, before.snapshot, []));
  assert.notEqual(after.database, before.database);
  const isRestored = async () => {
    const current = mustReconnect ? await WireReplica.open(server.url, owner.token, org.slug) : replica;
    if (mustReconnect) current.close();
    current.check();
    assert.ok(current.isLive && !current.records().has(lost.key), 'the replica has a team that the backup lacks');
  };
  await eventually(isRestored, { timeoutMs: 30_000 });
  replica.close();
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  client.on('error', () => {});
  await client.connect();
  return client;
}

describe('the sweep', () => {
  describe('PostgreSQL server', () => {
    let server: TestServer;
    let owner: Person;
    let orgs: ProvisionedOrg[];
    let clients: pg.Client[];

    before(async () => {
      server = await startServer({ LOG_LEVEL: 'silent' });
      owner = await aPerson(server);
      orgs = await Promise.all(Array.from({ length: 4 }, () => anOrganizationOf(server, owner)));
      clients = await Promise.all(Array.from({ length: 3 }, () => connect(server.config.databaseUrl!)));
    });
    after(async () => {
      for (const client of clients ?? []) await client.end();
      await server?.stop();
    });

    it('[R2] finds transactions that commit after younger ones, in several organizations', async () => {
      const replicas = await Promise.all(orgs.map(({ slug }) => WireReplica.open(server.url, owner.token, slug)));
      await sweepSome(server);
      const [first, second, young] = clients;
      const [one, other, third, fourth] = orgs;
      // The first transaction has a revision of two organizations.
      const revisions: number[] = [];
      for (const [client, org] of [
        [first, one],
        [first, other],
        [second, third],
      ] as const)
        revisions.push(await beginRevision(client!, org!.id, aTeam()));
      await arrives(replicas[3]!, await logRevision(young!, fourth!.id, aTeam()));
      await sweepSome(server);
      await second!.query('COMMIT');
      await arrives(replicas[2]!, revisions[2]!);
      await arrives(replicas[3]!, await logRevision(young!, fourth!.id, aTeam()));
      await sweepSome(server);
      await first!.query('COMMIT');
      for (const index of [0, 1]) await arrives(replicas[index]!, revisions[index]!);
      for (const replica of replicas) replica.close();
    });

    it('[R2] finds new epochs that are set by SQL, and sends new snapshots', async () => {
      const [one, other] = orgs;
      const open = ({ slug }: ProvisionedOrg) => WireReplica.open(server.url, owner.token, slug);
      const replicas = await Promise.all([open(one!), open(other!)]);
      const setEpoch = async (client: pg.Client, { id }: ProvisionedOrg): Promise<string> => {
        const { rows } = await client.query('UPDATE org_heads SET epoch = gen_random_uuid() WHERE organization_id = $1 RETURNING epoch', [
          id,
        ]);
        return rows[0].epoch;
      };
      const hasSnapshotOf = (replica: WireReplica, epoch: string) =>
        eventually(() => {
          replica.check();
          assert.ok(replica.isLive, 'the snapshot is not complete');
          assert.equal(decodeCursor(replica.cursor!)!.epoch, epoch);
        });
      await sweepSome(server);
      const [late, young] = clients;
      await late!.query('BEGIN');
      const lateEpoch = await setEpoch(late!, one!);
      await hasSnapshotOf(replicas[1]!, await setEpoch(young!, other!));
      await sweepSome(server);
      await late!.query('COMMIT');
      await hasSnapshotOf(replicas[0]!, lateEpoch);
      for (const replica of replicas) replica.close();
    });

    it('[R2] reads everything again after a notice of a revision that the database has lost', async () => {
      const replica = await WireReplica.open(server.url, owner.token, orgs[0]!.slug);
      await sweepSome(server);
      const { db, writePath } = server.services;
      const [head] = await readHeads(db, [orgs[0]!.id]);
      const revision = head!.revision + 1;
      const entry = { orgId: head!.orgId, revision, command: 'lost', actor: 'operator', requestId: null, changes: aTeam() };
      const { epoch } = head!;
      await writePath.bus.publish({ orgId: head!.orgId, revision, epoch, chain: nextChain(head!.chain, entry), entry });
      await eventually(() => {
        replica.check();
        assert.ok(
          replica.frames.some(({ event }) => event === 'resync'),
          'the replica keeps the lost revision',
        );
      });
      replica.close();
    });

    it('[R2] reads only the heads that changed, and none with the ids of another server', async () => {
      const { db } = server.services;
      const [client] = clients;
      const look = (since: string | null, ids: string[] = []) => readChangedHeads(db, since, ids);
      const idsOf = ({ heads }: { heads: ReadonlyMap<string, unknown> }) => [...heads.keys()];
      const first = await look(null, [orgs[0]!.id]);
      assert.deepEqual(idsOf(first), [orgs[0]!.id]);
      assert.deepEqual(idsOf(await look(first.snapshot)), []);
      await logRevision(client!, orgs[1]!.id, aTeam());
      const second = await look(first.snapshot);
      assert.deepEqual(idsOf(second), [orgs[1]!.id]);
      assert.equal(second.database, first.database);
      const revision = await logRevision(client!, orgs[1]!.id, aTeam());
      await client!.query("UPDATE change_log SET xid = '9000000000' WHERE organization_id = $1 AND revision = $2", [orgs[1]!.id, revision]);
      assert.deepEqual(idsOf(await look(second.snapshot)), []);
    });
  });

  it('[R2] finds the commits of a promoted standby that lacks the last commits of the primary', async () => {
    const postgres = await startPostgres({ own: true });
    const standbyServer = await postgres.addStandby({ isSynchronous: false });
    const hosts = `127.0.0.1:${standbyServer.port},127.0.0.1:${postgres.port}`;
    const DATABASE_URL = `postgres://postgres@${hosts}/postgres?target_session_attrs=read-write`;
    const server = await startServer({ DATABASE_URL, LOG_LEVEL: 'silent' });
    try {
      const owner = await aPerson(server);
      const orgs = await Promise.all([anOrganizationOf(server, owner), anOrganizationOf(server, owner)]);
      const replicas = await Promise.all(orgs.map(({ slug }) => WireReplica.open(server.url, owner.token, slug)));
      const [forked, continued] = replicas;
      const standby = await connect(standbyServer.url);
      const heads = async () => (await standby.query('SELECT organization_id, revision FROM org_heads ORDER BY organization_id')).rows;
      const primary = await connect(postgres.url);
      const { rows } = await primary.query('SELECT organization_id, revision FROM org_heads ORDER BY organization_id');
      await eventually(async () => assert.deepEqual(await heads(), rows));
      await primary.end();

      await standbyServer.detach();
      const lost = await createTeam(server, owner, orgs[0]!);
      await arrives(forked!, lost.revision);
      assert.ok(forked!.records().has(lost.key), 'the team did not arrive');

      const { db } = server.services;
      const before = await readChangedHeads(db, null, []);
      await postgres.kill();
      await standbyServer.promote();
      const after = await eventually(() => readChangedHeads(db, before.snapshot, []));
      assert.notEqual(after.database, before.database);
      await arrives(continued!, await logRevision(standby, orgs[1]!.id, aTeam()));
      const revision = await logRevision(standby, orgs[0]!.id, aTeam());
      await eventually(() => {
        forked!.check();
        assert.equal(forked!.revision, revision);
        assert.ok(forked!.isLive && !forked!.records().has(lost.key), 'the replica has a team that the database lost');
      });
      await standby.end();
      for (const replica of replicas) replica.close();
    } finally {
      await server.stop();
      await postgres.stop();
    }
  });

  it('[R2] finds a late commit after it has read from a standby, as while an address moves before the promotion', async () => {
    const postgres = await startPostgres({ own: true });
    const standbyServer = await postgres.addStandby({ isSynchronous: false });
    const server = await startServer({ DATABASE_URL: postgres.url, LOG_LEVEL: 'silent' });
    const standby = openPostgres(standbyServer.url, createLog('silent'));
    const clients = await Promise.all([connect(postgres.url), connect(postgres.url)]);
    try {
      const owner = await aPerson(server);
      const orgs = await Promise.all([anOrganizationOf(server, owner), anOrganizationOf(server, owner)]);
      const revisionAt = async ({ id }: ProvisionedOrg) => (await readHeads(standby.reads, [id]))[0]?.revision;
      const lateRevision = await beginRevision(clients[0]!, orgs[0]!.id, aTeam());
      const youngRevision = await logRevision(clients[1]!, orgs[1]!.id, aTeam());
      await eventually(async () => assert.equal(await revisionAt(orgs[1]!), youngRevision));

      const reader: Pick<LogReader, 'readChangedHeads'> = { readChangedHeads: (since, ids) => readChangedHeads(standby.reads, since, ids) };
      // The second read also reads the first of these heads, in turn.
      const orgIds = [serverStreamId, ...orgs.map(({ id }) => id)];
      const changed = new ChangedHeads(reader as LogReader, { orgIds: () => orgIds, revisionOf: () => 0 });
      const before = await changed.read([], 0);
      assert.equal(before.get(orgs[0]!.id)?.head?.revision, lateRevision - 1);

      await clients[0]!.query('COMMIT');
      await eventually(async () => assert.equal(await revisionAt(orgs[0]!), lateRevision));
      await postgres.kill();
      await standbyServer.promote();
      const after = await changed.read([], 250);
      assert.equal(after.get(orgs[0]!.id)?.head?.revision, lateRevision);
    } finally {
      for (const client of clients) await client.end().catch(() => {});
      await standby.close();
      await server.stop();
      await postgres.stop();
    }
  });

  it('[R2] reads everything again after a backup on the same server got the name of the database', async () => {
    const database = await aMigratedDatabase();
    const settings = { DATABASE_URL: database.url, SECRET: randomBytes(24).toString('hex'), LOG_LEVEL: 'silent' };
    const earlier = await startServer(settings);
    const owner = await aPerson(earlier);
    const org = await anOrganizationOf(earlier, owner);
    await earlier.stop();
    const postgres = await sharedPostgres();
    const backup = await postgres.createDatabase({ template: database });
    const server = await startServer(settings);
    try {
      await expectRestored(server, owner, org, () => swapDatabases(database, backup));
    } finally {
      await server.stop();
      for (const one of [database, backup]) await one.drop();
    }
  });

  it('[R2] reads everything again after pg_restore replaced the tables of the database', async function () {
    const programs = await findPostgresWithDump();
    if (!programs && process.env.CI !== 'true') skipBecause(this, 'pg_dump is not installed');
    assert.ok(programs, 'pg_dump is missing: apt-get install postgresql');
    const postgres = await startPostgres({ binaries: programs.server });
    const database = await postgres.createDatabase();
    const server = await startServer({ DATABASE_URL: database.url, LOG_LEVEL: 'silent' });
    const file = path.join(makeTemporaryDirectory('backup'), 'dump');
    const execute = (program: string, ...args: string[]) =>
      run(program, [`--dbname=${database.url}`, ...args], { env: cleanEnvironment() });
    try {
      const owner = await aPerson(server);
      const org = await anOrganizationOf(server, owner);
      await execute(programs.pgDump, '--format=custom', `--file=${file}`);
      // It may be the victim of a deadlock with the server, and has then changed nothing.
      const restore = () => execute(programs.pgRestore, '--clean', '--if-exists', '--single-transaction', file);
      const restoreAndRelease = async () => {
        await eventually(restore, { timeoutMs: 60_000 });
        await withClient(database.url, (client) => client.query(newEpochs));
      };
      await expectRestored(server, owner, org, restoreAndRelease, true);
    } finally {
      await server.stop();
      await postgres.stop();
    }
  });

  it('[R2] finds changes in the embedded database', async () => {
    const server = await startEmbeddedServer({ LOG_LEVEL: 'silent' });
    try {
      const { db } = server.services;
      const first = await readChangedHeads(db, null, ['0', '1']);
      assert.deepEqual([first.heads.get('0')?.orgId, first.heads.get('1')], ['0', null]);
      const { id } = await anOrganizationOf(server, await aPerson(server));
      const second = await readChangedHeads(db, first.snapshot, []);
      assert.ok(second.heads.has(id), 'the organization is missing');
      assert.equal(second.database, first.database);
    } finally {
      await server.stop();
    }
  });
});
