import assert from 'node:assert/strict';
import { connect, type OrganizationHandle, type RollcallClient } from '../../../client-sdk/src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { aMember, anOrganization } from '../../unit/client-sdk/records.ts';
import { TinyServer } from './tiny-server.ts';

const owner = { userId: '1001' };
const approve = 'invoice:approve';
const tableOf = (version: number, ...orgRoles: string[]) => ({ version, scopes: { [approve]: { orgRoles, teamRoles: [] } } });

describe('the permission table (against a tiny server)', () => {
  let server: TinyServer;
  let client: RollcallClient;
  let org: OrganizationHandle;

  beforeEach(async () => {
    server = await TinyServer.open(anOrganization(), aMember('1', { orgRole: 'owner' }));
    client = connect({ url: server.url, token: 'secret' });
    org = client.organization('acme');
    await org.ready();
  });
  afterEach(async () => {
    client.close();
    await server.close();
  });

  const answer = () => {
    const { allowed, why, fresh } = org.can(owner, approve);
    return [allowed, why, fresh];
  };

  it('[F2] gives decisions that are fresh only after the next pong', async () => {
    assert.deepEqual(answer(), [false, 'missing-scope', true]);
    server.answersPings = false;
    server.send('permissions', tableOf(1, 'owner'));
    await eventually(() => assert.deepEqual(answer(), [true, 'org-role', false]));
    assert.equal(org.can(owner, 'org:admin').fresh, false);
    server.answersPings = true;
    client
      .organization('acme')
      .waitFor(server.revision + 1)
      .catch(() => {});
    await eventually(() => assert.deepEqual(answer(), [true, 'org-role', true]));
  });

  it('changes nothing if it is the same again, and gives no scope if it cannot be read', async () => {
    server.send('permissions', tableOf(1, 'owner'));
    await eventually(() => assert.deepEqual(answer(), [true, 'org-role', true]));
    let changes = 0;
    org.subscribe(() => changes++);
    const { pingCount } = server;
    server.send('permissions', tableOf(1, 'owner'));
    server.send('permissions', { version: 2, scopes: { [approve]: 'owner' } });
    await eventually(() => assert.deepEqual(answer(), [false, 'missing-scope', true]));
    assert.deepEqual([changes, server.pingCount - pingCount], [2, 1]);
  });

  it('[F2] gives no fresh decision while the client reconnects, although the lease lasts', async () => {
    server.permissions = tableOf(1, 'owner');
    server.send('permissions', server.permissions);
    await eventually(() => assert.deepEqual(answer(), [true, 'org-role', true]));
    server.goodbye('draining', [100, 100]);
    await eventually(() => assert.equal(org.status.phase, 'reconnecting'));
    assert.deepEqual(answer(), [true, 'org-role', false]);
    assert.equal(org.can(owner, ['org:admin', approve]).fresh, false);
    assert.equal(org.can(owner, ['org:admin', 'org:read']).fresh, true);
    await eventually(() => assert.deepEqual(answer(), [true, 'org-role', true]));
  });

  it('[F2] ends with the connection if the next server never had one, as after a restore of an earlier backup', async () => {
    server.send('permissions', tableOf(1, 'owner'));
    await eventually(() => assert.deepEqual(answer(), [true, 'org-role', true]));
    const decisions: string[] = [];
    org.subscribe(() => decisions.push(answer().join()));
    server.goodbye('draining', [100, 100]);
    await eventually(() => assert.deepEqual(answer(), [false, 'missing-scope', true]));
    assert.ok(decisions.includes('true,org-role,false'), 'the table lasts until the client has connected again');
    const reconnectedAt = decisions.indexOf('false,missing-scope,false');
    assert.ok(reconnectedAt > 0 && !decisions.slice(reconnectedAt).includes('true,org-role,true'), decisions.join(' '));
  });
});
