import assert from 'node:assert/strict';
import { type ListedOrganization, organizationsPerFrameMax } from '@rollcall/protocol';
import type { Caller } from '../../../server/src/identity/caller.ts';
import type { Frame } from '../../../server/src/read-path/frame.ts';
import type { ListListener, Memberships, OrganizationList } from '../../../server/src/read-path/memberships.ts';
import { OrganizationListing } from '../../../server/src/socket/organization-list.ts';

const listOf = (count: number): ListedOrganization[] =>
  Array.from({ length: count }, (_, id) => ({ id: String(id), slug: `org-${id}`, name: 'Name', status: 'active' }));
const service = { actor: { kind: 'service' } } as unknown as Caller;

/** A connection, and the frames that it was sent. */
function connect(memberships: Memberships) {
  const sent: Frame[] = [];
  const sink = { isOver: false, send: (frame: Frame) => sent.push(frame), isWritable: () => true, whenWritable: async () => {} };
  return { listing: new OrganizationListing(service, memberships, sink), sent };
}

describe('the list of all organizations', () => {
  it('[R7] the list is encoded once for all services, also in parts', async () => {
    const listeners: ListListener[] = [];
    let list: OrganizationList = listOf(1);
    const memberships = { watch: (_key: string, listener: ListListener) => listeners.push(listener), read: async () => list };
    const connections = [1, 2].map(() => connect(memberships as unknown as Memberships));
    for (const { listing } of connections) assert.deepEqual(await listing.read(), [{ version: 1, organizations: list }]);

    let encodings = 0;
    list = listOf(organizationsPerFrameMax + 1);
    Object.defineProperty(list[0], 'toJSON', { value: () => ({ encodings: ++encodings }) });
    for (const listener of listeners) listener(list);
    assert.equal(encodings, 1);
    for (const { sent } of connections) {
      const frames = sent.map(({ json }) => JSON.parse(json));
      assert.deepEqual(
        frames.map(({ version, part, parts, organizations }) => [version, part, parts, organizations.length]),
        [
          [2, 0, 2, organizationsPerFrameMax],
          [2, 1, 2, 1],
        ],
      );
    }
    for (const listener of listeners) listener(list);
    assert.deepEqual(
      connections.map(({ sent }) => sent.length),
      [2, 2],
      'the same list is not sent again',
    );
    list = [];
    for (const listener of listeners) listener(list);
    assert.equal(connections[0]!.sent.at(-1)!.json, '{"version":3,"organizations":[]}');
  });
});
