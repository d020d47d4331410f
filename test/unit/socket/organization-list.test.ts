import assert from 'node:assert/strict';
import { type ListedOrganization, type OrganizationsFrame, organizationsPerFrameMax } from '@rollcall/protocol';
import type { Caller } from '../../../server/src/identity/caller.ts';
import type { ListListener, Memberships, OrganizationList } from '../../../server/src/read-path/people/memberships.ts';
import type { Frame } from '../../../server/src/read-path/subscriptions/frame.ts';
import { OrganizationListing } from '../../../server/src/socket/organization-list.ts';

const listOf = (count: number): ListedOrganization[] =>
  Array.from({ length: count }, (_, id) => ({ id: String(id), slug: `org-${id}`, name: 'Name', status: 'active' }));
const service = { actor: { kind: 'service' } } as unknown as Caller;

/** The memberships of a server, as connections use them. */
class Lists {
  readonly #listeners: ListListener[] = [];
  list: OrganizationList = listOf(1);

  watch = (_key: string, listener: ListListener) => {
    this.#listeners.push(listener);
    return () => {};
  };

  read = async () => this.list;

  change(list: OrganizationList): void {
    this.list = list;
    for (const listener of this.#listeners) listener(list);
  }
}

/** A connection that can take a number of frames until its client reads. */
class Socket {
  isOver = false;
  room = Number.POSITIVE_INFINITY;
  readonly sent: Frame[] = [];
  #waiting: (() => void)[] = [];

  send = (frame: Frame) => {
    this.room--;
    this.sent.push(frame);
  };
  isWritable = () => this.room > 0;
  whenWritable = () => new Promise<void>((resolve) => this.#waiting.push(resolve));

  async read(room: number): Promise<void> {
    this.room = room;
    for (const resolve of this.#waiting.splice(0)) resolve();
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Version, index, number of parts and length of each list. */
  get parts(): unknown[] {
    return this.sent
      .map(({ json }) => JSON.parse(json))
      .map(({ version, part, parts, organizations }) => [version, part, parts, organizations.length]);
  }
}

function connect(lists: Lists) {
  const socket = new Socket();
  const listing = new OrganizationListing(service, lists as unknown as Memberships, socket);
  const acknowledged: OrganizationsFrame[] = [];
  return { socket, acknowledged, request: () => listing.respond((first) => acknowledged.push(first)) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the list of all organizations', () => {
  it('[R7] the list is encoded once for all services, also in parts', async () => {
    const lists = new Lists();
    const connections = [1, 2].map(() => connect(lists));
    for (const { request, acknowledged } of connections) {
      await request();
      assert.deepEqual(acknowledged, [{ version: 1, organizations: lists.list, part: 0, parts: 1 }]);
    }

    let encodings = 0;
    const list = listOf(organizationsPerFrameMax + 1);
    Object.defineProperty(list[0], 'toJSON', { value: () => ({ encodings: ++encodings }) });
    lists.change(list);
    await turn();
    assert.equal(encodings, 1);
    for (const { socket } of connections) {
      assert.deepEqual(socket.parts, [
        [2, 0, 2, organizationsPerFrameMax],
        [2, 1, 2, 1],
      ]);
    }
    lists.change(list);
    await turn();
    assert.deepEqual(
      connections.map(({ socket }) => socket.sent.length),
      [2, 2],
      'the same list is not sent again',
    );
    lists.change([]);
    await turn();
    assert.equal(connections[0]!.socket.sent.at(-1)!.json, '{"version":3,"organizations":[],"part":0,"parts":1}');
  });

  it('[R9] each part is sent when the client has read, and a list is complete before the latest one begins', async () => {
    const lists = new Lists();
    lists.list = listOf(2 * organizationsPerFrameMax + 1);
    const { socket, acknowledged, request } = connect(lists);
    socket.room = 0;
    const responded = request();
    await turn();
    assert.deepEqual([acknowledged.length, socket.sent.length], [0, 0]);
    await socket.read(1);
    assert.deepEqual(
      [acknowledged.map(({ part, parts }) => [part, parts]), socket.parts],
      [[[0, 3]], [[1, 1, 3, organizationsPerFrameMax]]],
    );
    for (const count of [1, 2, 3]) lists.change(listOf(count));
    await socket.read(1);
    await responded;
    assert.deepEqual(socket.parts.at(-1), [1, 2, 3, 1]);
    assert.equal(socket.sent.length, 2);
    await socket.read(1);
    assert.deepEqual(socket.parts.slice(2), [[4, 0, 1, 3]], 'the lists in between are left out');
  });

  it('[R9] each request gets a list of its own, and no part of another list comes in between', async () => {
    const lists = new Lists();
    const { socket, acknowledged, request } = connect(lists);
    await request();
    socket.room = 1;
    lists.change(listOf(organizationsPerFrameMax + 1));
    const responded = request();
    await turn();
    assert.deepEqual(socket.parts, [[2, 0, 2, organizationsPerFrameMax]]);
    await socket.read(Number.POSITIVE_INFINITY);
    await responded;
    assert.deepEqual(socket.parts.slice(1), [
      [2, 1, 2, 1],
      [2, 1, 2, 1],
    ]);
    assert.equal(acknowledged.length, 2);
  });

  it('ends its responses when the connection ends', async () => {
    const lists = new Lists();
    const { socket, acknowledged, request } = connect(lists);
    socket.room = 0;
    const responded = [request(), request()];
    await turn();
    socket.isOver = true;
    await socket.read(0);
    await socket.read(0);
    await Promise.all(responded);
    assert.deepEqual([acknowledged, socket.sent], [[], []]);
  });
});
