import assert from 'node:assert/strict';
import type { FrameSink, Subscription } from '../../server/src/read-path/subscription.ts';
import { eventually } from '../support/eventually.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { aViewer } from '../support/viewers.ts';
import { WireReplica } from '../support/wire-replica.ts';

/** More subscriptions than a server serves at the same time. */
const subscriptions = 300;

/** Clients that read nothing until the test lets them. */
class SilentClients {
  readonly subscriptions: Subscription[] = [];
  waiting = 0;
  #isReading = false;
  #read = () => {};
  readonly #reads = new Promise<void>((resolve) => {
    this.#read = resolve;
  });

  readonly sink: FrameSink = {
    send() {},
    isWritable: () => this.#isReading,
    whenWritable: () => {
      this.waiting++;
      return this.#reads;
    },
    ended() {},
    credentialRevoked() {},
    failed() {},
  };

  readAll(): void {
    this.#isReading = true;
    this.#read();
  }
}

describe('the slots in which subscriptions are served', () => {
  let server: TestServer;
  let owner: Person;
  let member: Person;
  let org: ProvisionedOrg;

  before(async () => {
    server = await startServer();
    owner = await aPerson(server);
    member = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    await addMember(server, org, member, 'member');
  });
  after(() => server?.stop());

  it('[R10] stay free for others while the clients of one member read nothing', async () => {
    const { channels } = server.services.events;
    const clients = new SilentClients();
    const viewer = aViewer({ userId: member.userId });
    const call = { org: org.id, cursor: null, viewer, owner: `user:${member.userId}`, sink: clients.sink, isWanted: () => true };
    const served = Array.from({ length: subscriptions }, () =>
      channels.subscribe(
        call,
        (subscription) => clients.subscriptions.push(subscription),
        () => {},
      ),
    );
    try {
      await eventually(() => assert.equal(clients.waiting, 256));

      const honest = await WireReplica.open(server.url, owner.token, org.slug);
      honest.check();
      honest.close();
      const { status } = await server.request('GET', `/api/0/organizations/${org.slug}/changes/`, { token: owner.token });
      assert.equal(status, 200);
      assert.equal(clients.subscriptions.length, 256, 'more are in progress than a user may have');
    } finally {
      clients.readAll();
      await Promise.all(served);
    }
    assert.ok(clients.subscriptions.every(({ phase }) => phase === 'live'));
    assert.equal(clients.subscriptions.length, subscriptions);
    for (const subscription of clients.subscriptions) subscription.end();
  });
});
