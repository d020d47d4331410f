import assert from 'node:assert/strict';
import { wireVersion } from '@rollcall/protocol';
import { io, type Socket } from 'socket.io-client';
import { unsentBytesMax } from '../../../server/src/socket/slow-sockets.ts';
import { eventually } from '../../support/eventually.ts';
import { anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

interface Received {
  readonly name: string;
  readonly payload: {
    readonly to?: number;
    readonly more?: boolean;
    readonly nonce?: string;
    readonly orgs?: Readonly<Record<string, { readonly revision: number }>>;
  };
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

  it('[F1] follows the last frame of a long step, so that a client that resumes needs no further ping', async () => {
    await post(`organizations/${org.slug}/teams/`, { slug: 'web' });
    const replica = await WireReplica.open(server.url, owner.token, org.slug);
    const { cursor } = replica.frames.findLast(({ event }) => event === 'snapshot-end')!.payload;
    replica.close();
    // Each settings record has some 60 KB.
    const settings = JSON.stringify({ text: 'x'.repeat(60_000) });
    let head = 0;
    for (let count = 0; count * settings.length < 2 * unsentBytesMax; count++) {
      const { body } = await post(`teams/${org.slug}/web/projects/`, { name: `Shop ${count}`, slug: `shop-${count}` });
      head = revisionOf(await post(`projects/${org.slug}/${body.slug}/`, { relayPiiConfig: settings }, 'PUT'));
    }

    const received: Received[] = [];
    socket = io(server.url, { transports: ['websocket'], forceNew: true, auth: { token: owner.token, v: wireVersion } });
    socket.onAny((name: string, payload) => received.push({ name, payload }));
    socket.emit('subscribe', { org: org.id, cursor }, (ack: { mode: string }) => {
      assert.equal(ack.mode, 'resume');
      socket!.emit('ping', { nonce: 'only', pieces: true });
    });
    const isLastOfStep = ({ name, payload }: Received) => name === 'step' && payload.to === head && !payload.more;
    await eventually(() => assert.ok(received.some(isLastOfStep), 'the step is incomplete'), { timeoutMs: 20_000 });
    await eventually(() => {
      const stepAt = received.findIndex(isLastOfStep);
      const proof = received.findIndex(({ name, payload }) => name === 'pong' && payload.nonce === 'only' && payload.orgs?.[org.id]);
      assert.ok(proof > stepAt, `no pong with the position follows: ${received.map(({ name }) => name).join()}`);
      assert.equal(received[proof]!.payload.orgs![org.id]!.revision, head);
    });
  });
});
