import assert from 'node:assert/strict';
import { TestRollcall } from '@rollcall/client/testing';
import { eventually } from '../../support/eventually.ts';

describe('an organization whose slug another one takes (against the test kit)', () => {
  let rollcall: TestRollcall;

  beforeEach(() => {
    rollcall = new TestRollcall();
  });
  afterEach(() => rollcall.client.close());

  /** Opens the first organization as `acme`, and gives its slug to another one. */
  async function exchange(options: object = {}) {
    const { client } = rollcall;
    const first = rollcall.addOrganization({ slug: 'acme' });
    const ada = first.addMember({ orgRole: 'owner' });
    const org = client.organization('acme', options);
    await org.ready();
    first.update({ slug: 'former' });
    const second = rollcall.addOrganization({ slug: 'acme' });
    return { client, first, second, org, who: { userId: ada.user!.id } };
  }

  it('the slug gets a handle for the other organization, which decides by its own roles', async () => {
    const { client, second, org, who } = await exchange();
    const next = client.organization('acme');
    assert.notEqual(next, org);
    assert.deepEqual(next.can(who, 'org:read'), { allowed: false, why: 'no-copy', revision: null, fresh: false });
    await next.ready();
    assert.equal(next.id, second.id);
    assert.equal(next.can(who, 'org:read').why, 'not-a-member');
    assert.equal(client.organization('acme'), next);
  });

  it('the first handle receives changes, pings and disconnects, and ends with the client', async () => {
    const { client, first, org, who } = await exchange();
    await client.organization('acme').ready();
    first.addTeam();
    assert.equal(org.state.teams.length, 1);
    rollcall.goStale();
    assert.equal(org.status.phase, 'stale');
    rollcall.goFresh();
    assert.equal(org.status.phase, 'live');
    rollcall.disconnect();
    assert.equal(org.status.phase, 'reconnecting');
    first.addTeam();
    rollcall.reconnect();
    await org.waitFor(first.revision);
    assert.deepEqual([org.state.teams.length, org.can(who, 'org:admin').allowed], [2, true]);
    assert.equal(client.organization(first.id).state, org.state);
    await client.organization('former').ready();
    assert.equal(client.organization('former').state, org.state);
    client.close();
    assert.equal(org.status.phase, 'closed');
  });

  it('a handle by id stays with its organization', async () => {
    const { client, first } = await exchange();
    const byId = client.organization(first.id);
    assert.equal(client.organization(first.id), byId);
    assert.equal(byId.state.organization?.slug, 'former');
  });

  it('the slug keeps its handle if the client does not have the record of the organization', async () => {
    const { client, org } = await exchange({ collections: ['members'] });
    assert.equal(client.organization('acme', { collections: ['members'] }), org);
  });

  it('a client of all organizations follows the record, which arrives before the list', async () => {
    rollcall = new TestRollcall({ organizations: 'all' });
    const first = rollcall.addOrganization({ slug: 'acme' });
    const { client } = rollcall;
    await client.organizations.ready();
    await client.organization('acme').ready();
    const seen: unknown[] = [];
    client.organization(first.id).on('organization.updated', () => {
      seen.push(client.organizations.list[0]?.slug, client.organization('acme').id);
    });
    first.update({ slug: 'former' });
    assert.deepEqual(seen, ['acme', null]);
    const second = rollcall.addOrganization({ slug: 'acme' });
    await eventually(() => assert.equal(client.organization('acme').id, second.id));
    assert.equal(client.organization('former').id, first.id);
  });
});
