import assert from 'node:assert/strict';
import { wireVersion } from '@rollcall/protocol';
import { io, type Socket } from 'socket.io-client';
import { socketLimits } from '../../../server/src/runtime/limits/rows/sockets.ts';
import { eventually } from '../../support/eventually.ts';
import { anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

interface Received {
  readonly name: string;
  readonly at: number;
  readonly payload: {
    readonly to?: number;
    readonly more?: boolean;
    readonly nonce?: string;
    readonly orgs?: Readonly<Record<string, { readonly revision: number }>>;
  };
}

interface Resumed {
  readonly revision: number;
  /** From the last frame of the step to the pong with the position. */
  readonly lateMs: number;
  /** From the ping to its first pong, which lacks the position. */
  readonly firstPongMs: number;
}

const lateMsMax = 100;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

describe('the pong for a ping during a catch-up', () => {
  let server: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;
  let socket: Socket | undefined;

  before(async () => {
    server = await startServer({});
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
  });
  afterEach(() => void socket?.close());
  after(() => server?.stop());

  const post = async (path: string, body: object, method = 'POST') => {
    const answer = await server.request(method, `/api/0/${path}`, { token: owner.token, body });
    assert.ok(answer.status < 300, JSON.stringify(answer.body));
    return answer;
  };

  /** A cursor, and the head after a step of twice the bytes that a socket may have unsent. */
  async function makeLongStep(): Promise<{ cursor: string; head: number }> {
    await post(`organizations/${org.slug}/teams/`, { slug: 'web' });
    const replica = await WireReplica.open(server.url, owner.token, org.slug);
    const { cursor } = replica.frames.findLast(({ event }) => event === 'snapshot-end')!.payload;
    replica.close();
    // Each settings record has some 60 KB.
    const settings = JSON.stringify({ text: 'x'.repeat(60_000) });
    let head = 0;
    for (let count = 0; count * settings.length < 2 * socketLimits.unsentBytes.value; count++) {
      const { body } = await post(`teams/${org.slug}/web/projects/`, { name: `Shop ${count}`, slug: `shop-${count}` });
      head = revisionOf(await post(`projects/${org.slug}/${body.slug}/`, { relayPiiConfig: settings }, 'PUT'));
    }
    return { cursor, head };
  }

  /** Resumes at the cursor with a single ping, like the client. Returns what arrived, and when. */
  async function resume({ cursor, head }: { cursor: string; head: number }): Promise<Resumed> {
    const received: Received[] = [];
    let connectedAt = 0;
    socket?.close();
    socket = io(server.url, { transports: ['websocket'], forceNew: true, auth: { token: owner.token, v: wireVersion } });
    socket.onAny((name: string, payload) => received.push({ name, payload, at: performance.now() }));
    socket.emit('subscribe', { org: org.id, cursor }, (ack: { mode: string }) => {
      assert.equal(ack.mode, 'resume');
      connectedAt = performance.now();
      socket!.emit('ping', { nonce: 'only', pieces: true });
    });
    const isLastOfStep = ({ name, payload }: Received) => name === 'step' && payload.to === head && !payload.more;
    await eventually(() => assert.ok(received.some(isLastOfStep), 'the step is incomplete'), { timeoutMs: 20_000 });
    return eventually(() => {
      const stepAt = received.findIndex(isLastOfStep);
      const proof = received.findIndex(({ name, payload }) => name === 'pong' && payload.nonce === 'only' && payload.orgs?.[org.id]);
      assert.ok(proof > stepAt, `no pong with the position follows: ${received.map(({ name }) => name).join()}`);
      const firstPong = received.find(({ name }) => name === 'pong')!;
      return {
        revision: received[proof]!.payload.orgs![org.id]!.revision,
        lateMs: received[proof]!.at - received[stepAt]!.at,
        firstPongMs: firstPong.at - connectedAt,
      };
    });
  }

  it('[F1] follows the last frame of a long step within 100 ms, so that a client that resumes needs no further ping', async () => {
    const step = await makeLongStep();
    const resumed: Resumed[] = [];
    for (let round = 0; round < 5; round++) resumed.push(await resume(step));
    for (const { revision } of resumed) assert.equal(revision, step.head);
    const lateMs = median(resumed.map((one) => one.lateMs));
    // A pong checks the database. On a busy machine, that alone takes longer.
    const msMax = Math.max(lateMsMax, 3 * median(resumed.map(({ firstPongMs }) => firstPongMs)));
    assert.ok(
      lateMs <= msMax,
      `the pong follows ${Math.round(lateMs)} ms after the last frame, at most ${Math.round(msMax)} ms are expected`,
    );
  });
});
