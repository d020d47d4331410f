import assert from 'node:assert/strict';
import type { Viewer } from '../../server/src/domain/evaluate-access.ts';
import type { ReadPath } from '../../server/src/read-path/read-path.ts';
import type { FrameSink, Subscription } from '../../server/src/read-path/subscriptions/subscription.ts';
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
    tooSlow() {},
    failed() {},
  };

  readAll(): void {
    this.#isReading = true;
    this.#read();
  }
}

/** A client that reads nothing until it is closed. */
class SilentClient {
  isWaiting = false;
  isClosed = false;
  #subscription: Subscription | null = null;
  #stop = () => {};
  readonly #viewer: Viewer;

  constructor(userId: string) {
    this.#viewer = aViewer({ userId });
  }

  subscribe(readPath: ReadPath, org: string): Promise<void> {
    const { userId } = this.#viewer;
    const call = { org, cursor: null, viewer: this.#viewer, owner: `user:${userId}`, sink: this.#sink, isWanted: () => true };
    return readPath.subscribe(
      call,
      (subscription) => {
        this.#subscription = subscription;
      },
      () => {},
    );
  }

  close(): void {
    this.isClosed = true;
    this.#subscription?.end();
    this.#stop();
  }

  readonly #sink: FrameSink = {
    send() {},
    isWritable: () => this.isClosed,
    whenWritable: () => {
      this.isWaiting = true;
      return new Promise((resolve) => {
        this.#stop = resolve;
      });
    },
    ended() {},
    credentialRevoked() {},
    tooSlow: () => this.close(),
    failed() {},
  };
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
    const { readPath } = server.services.events;
    const clients = new SilentClients();
    const viewer = aViewer({ userId: member.userId });
    const call = { org: org.id, cursor: null, viewer, owner: `user:${member.userId}`, sink: clients.sink, isWanted: () => true };
    const served = Array.from({ length: subscriptions }, () =>
      readPath.subscribe(
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

  it('[R10] end for a slow client of an owner with many, so that the subscription of another begins', async () => {
    const { readPath } = server.services.events;
    const members = await Promise.all(Array.from({ length: 4 }, () => aPerson(server)));
    for (const one of members) await addMember(server, org, one, 'member');
    const clients = members.flatMap(({ userId }) => Array.from({ length: 256 }, () => new SilentClient(userId)));
    const served = clients.map((client) => client.subscribe(readPath, org.id));
    try {
      await eventually(() => assert.equal(clients.filter(({ isWaiting }) => isWaiting).length, clients.length));

      const honest = await WireReplica.open(server.url, owner.token, org.slug);
      honest.check();
      honest.close();
      assert.equal(clients.filter(({ isClosed }) => isClosed).length, 1);
    } finally {
      for (const client of clients) client.close();
      await Promise.all(served);
    }
  });
});
