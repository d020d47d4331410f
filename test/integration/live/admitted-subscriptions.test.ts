import assert from 'node:assert/strict';
import type { SubscribeAck } from '@rollcall/protocol';
import { decodeCursor, encodeCursor } from '../../../server/src/read-path/feed/cursor.ts';
import type { LogReader } from '../../../server/src/read-path/feed/log-reader.ts';
import { logReaderOf } from '../../../server/src/read-path/feed/log-reader-database.ts';
import { HeadChecks } from '../../../server/src/read-path/heads/head-checks.ts';
import { ReadPath } from '../../../server/src/read-path/read-path.ts';
import type { Frame } from '../../../server/src/read-path/subscriptions/frame.ts';
import { subscriptionSlotLimits } from '../../../server/src/read-path/subscriptions/subscription-slots.ts';
import { systemClock } from '../../../server/src/runtime/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { aViewer } from '../../support/viewers.ts';

/** PostgreSQL cancels a statement, for example on a damaged page, with this code. */
const ioError = () => Object.assign(new Error('could not read block 7 in file "base/1/2"'), { code: '58030' });

/** `ReadPath` of a process on a real database, some of whose reads fail. */
describe('the subscriptions of an instance', () => {
  let server: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;
  /** Counts the ticks of the event loop. */
  let tick = 0;
  let isOver = false;
  const countTicks = () => {
    tick++;
    if (!isOver) setImmediate(countTicks);
  };
  before(async () => {
    countTicks();
    server = await startServer({ LOG_LEVEL: 'silent' });
  });
  beforeEach(async () => {
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
  });
  after(async () => {
    isOver = true;
    await server?.stop();
  });

  interface Subscribed {
    readonly answers: SubscribeAck[];
    readonly frames: Frame[];
    /** The ticks in which the frames were sent. */
    readonly ticks: number[];
    isClosed: boolean;
    isOver: boolean;
    /** Whether the client reads. */
    isReading: boolean;
  }

  async function withReadPath(reader: (of: LogReader) => Partial<LogReader>, work: (subscribe: Subscribe) => Promise<void>): Promise<void> {
    const { bus, counters, log, failpoints } = server.services.writePath;
    const ofDatabase = logReaderOf(server.services.writePath.database, { clock: systemClock, counters });
    const metrics = { observeDelivery: () => {} } as never;
    const deps = { reader: { ...ofDatabase, ...reader(ofDatabase) }, clock: systemClock, counters, metrics, log, failpoints };
    const heads = new HeadChecks(deps, bus);
    const readPath = new ReadPath(deps, bus, heads, { idleFeedSeconds: 30, idleFeedBytes: 1_000_000 });
    const all: Subscribed[] = [];
    const subscribe: Subscribe = (org, { cursor = null, of = owner.userId } = {}) => {
      const one: Subscribed = { answers: [], frames: [], ticks: [], isClosed: false, isOver: false, isReading: true };
      all.push(one);
      const sink = {
        send(frame: Frame) {
          one.frames.push(frame);
          one.ticks.push(tick);
        },
        isWritable: () => one.isReading || one.isOver,
        whenWritable: async () => {
          await eventually(() => assert.ok(one.isReading || one.isOver, 'the client does not read'));
        },
        ended() {},
        credentialRevoked() {},
        tooSlow() {},
        failed: () => {
          one.isClosed = true;
        },
      };
      const call = { org, cursor, viewer: aViewer({ userId: owner.userId }), owner: of, sink, isWanted: () => !one.isOver };
      void readPath.subscribe(
        call,
        () => {},
        (answer) => void one.answers.push(answer),
      );
      return one;
    };
    try {
      await work(subscribe);
    } finally {
      for (const one of all) one.isOver = true;
      await readPath.close();
      heads.close();
    }
  }
  type Subscribe = (org: string, options?: { cursor?: string; of?: string }) => Subscribed;

  it('[R11] take no slot while the database cannot read their organization, so others are served', async () => {
    let refused = 0;
    const reader = ({ readStart }: LogReader): Partial<LogReader> => ({
      readStart(orgId) {
        if (orgId !== org.id) return readStart(orgId);
        refused++;
        return Promise.reject(ioError());
      },
    });
    await withReadPath(reader, async (subscribe) => {
      // As many as may be in progress at the same time.
      for (let count = 0; count < subscriptionSlotLimits.begunMax; count++) subscribe(org.id, { of: `owner ${count % 8}` });
      await eventually(() => assert.notEqual(refused, 0));
      const readable = await anOrganizationOf(server, owner);
      const first = subscribe(readable.id, { of: 'another owner' });
      await eventually(() => assert.equal(first.answers[0]?.mode, 'snapshot'));
    });
  });

  it('[R12] wait, and are served on the same connection, if the log could not be read at first', async () => {
    let failures = 3;
    const reader = ({ readPage }: LogReader): Partial<LogReader> => ({
      readPage: (...args) => (failures-- > 0 ? Promise.reject(ioError()) : readPage(...args)),
    });
    const rename = async (name: string) =>
      revisionOf(await server.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body: { name } }));
    const headOf = async () =>
      (
        await logReaderOf(server.services.writePath.database, {
          clock: systemClock,
          counters: server.services.writePath.counters,
        }).readHeads([org.id])
      )[0]!;
    const before = await headOf();
    const changed = await rename('Renamed');
    await withReadPath(reader, async (subscribe) => {
      // The feed begins after the revision of the cursor, so the log is read.
      const whole = subscribe(org.id);
      await eventually(() => assert.equal(whole.frames.at(-1)?.event, 'snapshot-end'));
      const { cursor } = JSON.parse(whole.frames.at(-1)!.json) as { cursor: string };
      const { audienceKey } = decodeCursor(cursor)!;
      const resumed = subscribe(org.id, { cursor: encodeCursor({ ...before, audienceKey }) });
      await eventually(() => assert.equal(resumed.answers.length, 1));
      assert.deepEqual([resumed.answers[0]!.mode, resumed.isClosed, failures < 0], ['resume', false, true]);
      await eventually(() => assert.equal(JSON.parse(resumed.frames.at(-1)!.json).to, changed));
    });
  });

  it('[R10] need a slot again for a new snapshot, so a failover does not send all at once', async () => {
    await withReadPath(
      () => ({}),
      async (subscribe) => {
        const limit = subscriptionSlotLimits.begunPerOwnerMax;
        const all = Array.from({ length: limit + 10 }, () => subscribe(org.id));
        const snapshotsOf = ({ frames }: Subscribed) => frames.filter(({ event }) => event === 'snapshot-end').length;
        await eventually(() =>
          assert.ok(
            all.every((one) => snapshotsOf(one) === 1),
            'not all are live',
          ),
        );
        const [slow, waiting] = [all.slice(0, limit), all.slice(limit)];
        for (const one of slow) one.isReading = false;
        await server.services.db
          .updateTable('org_heads')
          .set({ epoch: '00000000-0000-4000-8000-000000000000' })
          .where('organization_id', '=', org.id)
          .execute();
        const ofAnother = subscribe(org.id, { of: 'another owner' });
        await eventually(() => assert.equal(snapshotsOf(ofAnother), 1));
        assert.deepEqual(
          waiting.map(({ frames }) => frames.at(-1)?.event),
          waiting.map(() => 'resync'),
        );
        for (const one of slow) one.isReading = true;
        await eventually(() =>
          assert.ok(
            all.every((one) => snapshotsOf(one) === 2),
            'not all were sent a new snapshot',
          ),
        );
      },
    );
  });

  it('get a small snapshot and its end in one tick of the event loop', async () => {
    await withReadPath(
      () => ({}),
      async (subscribe) => {
        const one = subscribe(org.id);
        await eventually(() => assert.equal(one.frames.at(-1)?.event, 'snapshot-end'));
        assert.deepEqual(
          one.frames.map(({ event }) => event),
          ['snapshot', 'snapshot-end'],
        );
        assert.equal(one.ticks[0], one.ticks[1]);
      },
    );
  });

  it('[R7] [R10] get new snapshots in many ticks of the event loop, at most as many per tick as one owner may begin', async () => {
    await withReadPath(
      () => ({}),
      async (subscribe) => {
        const { begunPerOwnerMax } = subscriptionSlotLimits;
        const all = Array.from({ length: 4 * begunPerOwnerMax }, () => subscribe(org.id));
        const endsOf = ({ frames, ticks }: Subscribed) => ticks.filter((_, index) => frames[index]!.event === 'snapshot-end');
        const haveEnds = (count: number) =>
          eventually(() =>
            assert.ok(
              all.every((one) => endsOf(one).length === count),
              'not all are live',
            ),
          );
        await haveEnds(1);
        await server.services.db
          .updateTable('org_heads')
          .set({ epoch: '00000000-0000-4000-8000-000000000001' })
          .where('organization_id', '=', org.id)
          .execute();
        await haveEnds(2);
        const perTick = new Map<number, number>();
        for (const one of all) perTick.set(endsOf(one)[1]!, (perTick.get(endsOf(one)[1]!) ?? 0) + 1);
        const most = Math.max(...perTick.values());
        assert.ok(most <= begunPerOwnerMax, `${most} in one tick`);
      },
    );
  });
});
