import assert from 'node:assert/strict';
import pg from 'pg';
import type { LogChange } from '../../../protocol/src/index.ts';
import { readHeads } from '../../../server/src/database/records/read-log.ts';
import type { LogReader } from '../../../server/src/read-path/feed/log-reader.ts';
import { logReaderOf } from '../../../server/src/read-path/feed/log-reader-database.ts';
import { HeadChecks } from '../../../server/src/read-path/heads/head-checks.ts';
import { ReadPath } from '../../../server/src/read-path/read-path.ts';
import { systemClock } from '../../../server/src/runtime/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { logRevision } from '../../support/log-revision.ts';
import { anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { aViewer } from '../../support/viewers.ts';
import { aSink } from '../../unit/read-path/subscriptions.ts';

/** The database reports each change to one sweep only, also if the feed can't take it yet. */
describe('the sweep of feeds that are being read', () => {
  let server: TestServer;
  let client: pg.Client;
  let owner: Person;
  let org: ProvisionedOrg;
  /** The finished reads of sweeps. */
  let looks: number;
  before(async () => {
    server = await startServer({ LOG_LEVEL: 'silent' });
    client = new pg.Client(server.config.databaseUrl!);
    await client.connect();
    owner = await aPerson(server);
  });
  beforeEach(async () => {
    org = await anOrganizationOf(server, owner);
    looks = 0;
  });
  after(async () => {
    await client?.end();
    await server?.stop();
  });

  /** A read path on a real database, some of whose reads take long. */
  async function withReadPath(slow: (of: LogReader) => Partial<LogReader>, work: (readPath: ReadPath) => Promise<void>): Promise<void> {
    const { bus, counters, log, failpoints } = server.services.writePath;
    const ofDatabase = logReaderOf(server.services.writePath.database, { clock: systemClock, counters });
    const readChangedHeads: LogReader['readChangedHeads'] = async (...range) => {
      const reading = await ofDatabase.readChangedHeads(...range);
      looks++;
      return reading;
    };
    const reader = { ...ofDatabase, readChangedHeads, ...slow(ofDatabase) };
    const deps = { reader, clock: systemClock, counters, metrics: { observeDelivery: () => {} } as never, log, failpoints };
    const heads = new HeadChecks(deps, bus);
    const readPath = new ReadPath(deps, bus, heads, { idleFeedSeconds: 30, idleFeedBytes: 1_000_000 });
    try {
      await work(readPath);
    } finally {
      await readPath.close();
      heads.close();
    }
  }

  function subscribe(readPath: ReadPath): Promise<void> {
    const viewer = aViewer({ userId: owner.userId });
    const call = { org: org.id, cursor: null, viewer, owner: owner.userId, sink: aSink(() => {}), isWanted: () => true };
    return readPath.subscribe(
      call,
      () => {},
      ({ mode }) => assert.equal(mode, 'snapshot'),
    );
  }

  /** The reading in progress, the one that reports a change, and those that read heads in turn. */
  async function passSweeps(): Promise<void> {
    const before = looks;
    await eventually(() => assert.ok(looks >= before + 4, 'no sweep'), { timeoutMs: 30_000 });
  }

  function aTeam(): LogChange {
    const id = String(900_000 + nextNumber());
    const after = { id, slug: `team-${id}`, name: id, dateCreated: '2026-03-01T09:30:00.000000Z', flags: { 'idp:provisioned': false } };
    return { kind: 'team', id, before: null, after };
  }

  const hasTeam = (readPath: ReadPath, { id }: LogChange) =>
    eventually(() => assert.ok(readPath.stateOf(org.id)?.get('team', id), 'the feed lacks the team'), { timeoutMs: 20_000 });

  it('[R2] a change that is reported while the feed is opened is found once it is open', async () => {
    const team = aTeam();
    const slow = ({ readStart }: LogReader): Partial<LogReader> => ({
      async readStart(orgId) {
        const start = await readStart(orgId);
        await logRevision(client, org.id, [team]);
        await passSweeps();
        return start;
      },
    });
    await withReadPath(slow, async (readPath) => {
      await subscribe(readPath);
      await hasTeam(readPath, team);
    });
  });

  it('[R2] a change that is reported while the feed catches up is found once it has', async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let reads = 0;
    const slow = ({ readPage }: LogReader): Partial<LogReader> => ({
      async readPage(...range) {
        const page = await readPage(...range);
        reads++;
        await released;
        return page;
      },
    });
    await withReadPath(slow, async (readPath) => {
      await subscribe(readPath);
      const [first, second] = [aTeam(), aTeam()];
      const revision = await logRevision(client, org.id, [first]);
      await eventually(() => assert.equal(reads, 1, 'no sweep has found the first team'));
      // The notice arrives during the read, which then does not advance the feed.
      const [head] = await readHeads(server.services.db, [org.id]);
      const { orgId, epoch, chain } = head!;
      const entry = { orgId, revision, command: 'do-what-is-new', actor: 'system', requestId: null, changes: [first] };
      await server.services.writePath.bus.publish({ orgId, revision, epoch, chain, entry });
      await hasTeam(readPath, first);
      await passSweeps();
      await logRevision(client, org.id, [second]);
      await passSweeps();
      release();
      await hasTeam(readPath, second);
    });
  });
});
