import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { inviteSweep } from '../../../server/src/write-path/commands/invites/invite-sweep.ts';
import { type Instances, startInstances } from '../../support/instances.ts';
import { anOrganizationOf, aPerson, nextNumber, type ProvisionedOrg } from '../../support/provision.ts';
import type { TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

describe('expired invites', () => {
  let instances: Instances;
  let server: TestServer;
  let org: ProvisionedOrg;

  before(async () => {
    instances = await startInstances(2);
    server = instances.servers[0]!;
  });
  after(() => instances?.stop());
  beforeEach(async () => {
    org = await anOrganizationOf(server, await aPerson(server));
  });

  const call = (method: string, path: string, body?: unknown) =>
    server.request(method, `/api/0/organizations/${org.slug}/${path}`, { token: org.owner.token, body });

  async function anInviteExpiredFor(days: number): Promise<string> {
    const { status, body } = await call('POST', 'members/', { email: `invitee-${nextNumber()}@example.com`, teams: ['ops'] });
    assert.equal(status, 201, JSON.stringify(body));
    await server.services.db
      .updateTable('members')
      .set({ invite_expires_at: sql`clock_timestamp() - make_interval(days => ${days})` })
      .where('id', '=', body.id)
      .execute();
    return body.id;
  }

  it('[7.4] [17.19] stay visible as expired for thirty days, and then one of the servers removes them, in one revision', async () => {
    await call('POST', 'teams/', { slug: 'ops' });
    const [recent, old, older] = [await anInviteExpiredFor(29), await anInviteExpiredFor(31), await anInviteExpiredFor(300)];
    const replica = await WireReplica.open(server.url, org.owner.token, org.slug);
    const before = replica.revision;
    await Promise.all(instances.servers.map(({ services }) => inviteSweep(services.writePath).run()));

    const { body } = await call('GET', 'members/');
    const shown = new Map<string, boolean>(body.map(({ id, expired }: { id: string; expired: boolean }) => [id, expired]));
    assert.deepEqual([shown.get(recent), shown.has(old), shown.has(older)], [true, false, false]);
    await replica.reach(before + 1);
    const log = server.services.db.selectFrom('change_log').where('organization_id', '=', org.id).where('revision', '>', String(before));
    const changes = await log.select(['revision', 'command', 'actor', 'kind', 'after']).execute();
    const one = { revision: String(before + 1), command: 'remove-expired-invites', actor: 'system', after: null };
    const ofKind = (kind: string) => ({ ...one, kind });
    assert.deepEqual(changes, [ofKind('team-member'), ofKind('team-member'), ofKind('member'), ofKind('member')]);
    replica.check();
    replica.close();
  });

  it('[W3] cause no write if there is nothing to remove', async () => {
    const { headers } = await call('POST', 'teams/', { slug: 'ops' });
    await inviteSweep(server.services.writePath).run();
    const { body } = await server.operate('GET', `/organizations/${org.id}/state/?audience=owner`);
    assert.equal(String(body.revision), headers.get('x-org-revision')!.split('.')[1]);
  });
});
