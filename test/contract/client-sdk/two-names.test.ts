import assert from 'node:assert/strict';
import { connect, type OrganizationHandle, type RollcallClient } from '@rollcall/client';
import { eventually } from '../../support/eventually.ts';
import { aMember, anOrganization, aTeam, put } from '../../unit/client-sdk/records.ts';
import { TinyServer } from './tiny-server.ts';

/**
 * A server has one subscription to an organization per connection, and its frames contain the id.
 */
describe('an organization with handles under two names (against a tiny server)', () => {
  let server: TinyServer;
  let client: RollcallClient;
  const soon = () => ({ signal: AbortSignal.timeout(2_000) });

  beforeEach(async () => {
    server = await TinyServer.open(anOrganization(), aMember('1', { orgRole: 'owner' }), aTeam('5'));
    client = connect({ url: server.url, token: 'secret' });
  });
  afterEach(async () => {
    client.close();
    await server.close();
  });

  function changesOf(org: OrganizationHandle): string[] {
    const types: string[] = [];
    org.on('change', ({ events }) => types.push(...events.map(({ type }) => type)));
    return types;
  }

  it('the organization has one replica, and one subscription after a reconnect', async () => {
    const byId = client.organization('1');
    await byId.ready();
    const bySlug = client.organization('acme');
    assert.notEqual(bySlug, byId);
    await bySlug.ready(soon());
    assert.equal(bySlug.state, byId.state);
    assert.deepEqual([client.organization('acme') === bySlug, client.organization('1') === byId], [true, true]);
    assert.deepEqual([bySlug.id, bySlug.status], ['1', byId.status]);
    const seen = [byId, bySlug].map(changesOf);
    server.write(put(aTeam('6')));
    await bySlug.waitFor(11, soon());
    assert.equal(bySlug.state, byId.state);
    assert.deepEqual(seen, [['team.created'], ['team.created']]);
    const { length } = server.subscriptions;
    server.hangUp();
    await eventually(() => assert.equal(server.handshakes.length, 2));
    await eventually(() => assert.deepEqual([byId.status.phase, bySlug.status.phase], ['live', 'live']));
    assert.deepEqual(server.subscriptions.slice(length), [{ org: '1', cursor: 'at-11' }]);
  });

  it('the client requests nothing if the second name is the known id', async () => {
    const bySlug = client.organization('acme');
    await bySlug.ready();
    const phases: string[] = [];
    bySlug.on('status', ({ after }) => phases.push(after.phase));
    const byId = client.organization('1');
    assert.equal(byId.state, bySlug.state);
    await byId.ready(soon());
    assert.deepEqual([server.subscriptions.length, phases], [1, []]);
  });

  for (const first of ['acme', '1']) {
    it(`the second handle ends if it has other collections, and the first stays intact (first: ${first})`, async () => {
      const kept = client.organization(first, { collections: ['members'] });
      await kept.ready();
      const seen = changesOf(kept);
      const refused = client.organization(first === '1' ? 'acme' : '1', { collections: ['teams'] });
      await assert.rejects(refused.ready(soon()), { code: 'invalid', message: /other collections/ });
      assert.deepEqual(refused.status, { phase: 'closed', revision: null, fresh: false, loading: null, reason: 'other-collections' });
      server.write(put(aMember('2')));
      await kept.waitFor(11, soon());
      await eventually(() => assert.deepEqual(kept.status, { phase: 'live', revision: 11, fresh: true, loading: null, reason: null }));
      assert.deepEqual([kept.state.members.length, kept.state.teams.length, seen], [2, 0, ['member.added']]);
    });
  }

  for (const collections of [['members'], ['members', 'teams']] as const) {
    it(`two simultaneous subscriptions are resolved, the second with ${collections.join(' and ')}`, async () => {
      const kept = client.organization('acme', { collections: ['members'] });
      const other = client.organization('1', { collections });
      await kept.ready(soon());
      if (collections.length === 1) await other.ready(soon());
      else await assert.rejects(other.ready(soon()), { code: 'invalid' });
      server.write(put(aMember('2')));
      await kept.waitFor(11, soon());
      await eventually(() => assert.equal(kept.status.phase, 'live'));
      assert.equal(kept.state.members.length, 2);
    });
  }

  it('closing one handle leaves the other, and the last one unsubscribes', async () => {
    const bySlug = client.organization('acme');
    await bySlug.ready();
    const byId = client.organization('1');
    await byId.ready(soon());
    const waiting = bySlug.waitFor(99);
    bySlug.close();
    await assert.rejects(waiting, { code: 'aborted' });
    assert.deepEqual([bySlug.status.phase, bySlug.id, bySlug.state.teams.length], ['closed', '1', 0]);
    server.write(put(aTeam('6')));
    await byId.waitFor(11, soon());
    assert.equal(byId.state.teams.length, 2);
    byId.close();
    await eventually(() => assert.equal(server.subscriberCount, 0));
  });

  it('closing a handle before its reply does not affect the other handle', async () => {
    const byId = client.organization('1');
    await byId.ready();
    client.organization('acme', { collections: ['teams'] }).close();
    server.write(put(aMember('2')));
    await byId.waitFor(11, soon());
    await eventually(() => assert.deepEqual([byId.status.phase, byId.state.members.length], ['live', 2]));
    assert.equal(server.subscriberCount, 1);
  });

  it('a handle that is closed before its reply unsubscribes when the reply arrives', async () => {
    const org = client.organization('acme');
    await eventually(() => assert.equal(client.status.phase, 'connected'));
    org.close();
    await eventually(() => assert.equal(server.subscriptions.length, 1));
    await eventually(() => assert.equal(server.subscriberCount, 0));
  });

  it('[A2] both handles report the end of access, after the replica is wiped', async () => {
    const handles = [client.organization('acme'), client.organization('1')];
    for (const org of handles) await org.ready(soon());
    const seen: unknown[] = [];
    for (const org of handles) {
      org.on('access.revoked', ({ reason }) => seen.push([reason, ...handles.map(({ state }) => state.members.length)]));
    }
    server.revoke('removed');
    await eventually(() =>
      assert.deepEqual(seen, [
        ['removed', 0, 0],
        ['removed', 0, 0],
      ]),
    );
  });
});
