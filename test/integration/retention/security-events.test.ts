import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { insertSecurityEvents } from '../../../server/src/database/security/security-events.ts';
import type { SecurityEvent } from '../../../server/src/runtime/security-events/security-event.ts';
import { removalSweep } from '../../../server/src/write-path/commands/organizations/removal-sweep.ts';
import { eraseCompletely } from '../../support/erasures.ts';
import { eventually } from '../../support/eventually.ts';
import { anAccount } from '../../support/log-in.ts';
import { anOrganizationOf, aPerson, type ProvisionedOrg } from '../../support/provision.ts';
import { runRetentionJob } from '../../support/retention-job.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const days = 5;

describe('the removal of security events', () => {
  let server: TestServer;
  let org: ProvisionedOrg;

  before(async () => {
    server = await startServer({ SECURITY_EVENT_DAYS: String(days) });
    org = await anOrganizationOf(server, await aPerson(server));
  });
  after(() => server?.stop());

  const db = () => server.services.db;
  const event = (requestId: string, fields: Partial<SecurityEvent> = {}): SecurityEvent => ({
    ...{ event: 'refusal', kind: 'forbidden', outcome: 'failure', count: 1, caller: null, address: '192.0.2.1', orgId: null },
    ...{ target: null, requestId, instance: 'one', dateCreated: new Date().toISOString() },
    ...fields,
  });
  const stored = async (requestId: string) =>
    db().selectFrom('security_events').selectAll().where('request_id', '=', requestId).executeTakeFirst();
  const daysAgo = (count: number) => new Date(Date.now() - count * 86_400_000).toISOString();

  for (const kind of ['an organization', 'the whole server'] as const) {
    it(`deletes old events of ${kind}, and keeps recent ones`, async () => {
      const orgId = kind === 'an organization' ? org.id : null;
      await insertSecurityEvents(db(), [
        event(`old ${kind}`, { orgId, dateCreated: daysAgo(days + 0.1) }),
        event(`recent ${kind}`, { orgId, dateCreated: daysAgo(days - 0.1) }),
      ]);
      await runRetentionJob(server, orgId);
      await eventually(async () => assert.equal(await stored(`old ${kind}`), undefined));
      assert.ok(await stored(`recent ${kind}`), 'the recent event is gone');
    });
  }

  it('keeps old events of an organization under legal hold', async () => {
    await insertSecurityEvents(db(), [event('held', { orgId: org.id, dateCreated: daysAgo(days + 1) })]);
    assert.ok((await server.operate('PUT', `/organizations/${org.id}/plan/`, { legalHold: true })).status < 300);
    await runRetentionJob(server, org.id);
    assert.ok(await stored('held'), 'an event is gone in spite of the hold');
    assert.ok((await server.operate('PUT', `/organizations/${org.id}/plan/`, { legalHold: false })).status < 300);
  });

  it('removes an erased user from the events, which stay, and from those that are saved later', async () => {
    const { id } = await anAccount(server);
    const caller = { kind: 'user', id, credential: { kind: 'session', id: '5' } } as const;
    const eventsOf = (time: string) => [
      event(`user, ${time}`, { caller, target: { kind: 'user', id } }),
      event(`network, ${time}`, { caller, target: { kind: 'network', id: '192.0.2.0/24' } }),
    ];
    await insertSecurityEvents(db(), eventsOf('before'));
    await eraseCompletely(server, id);
    await insertSecurityEvents(db(), eventsOf('after'));
    for (const requestId of ['user, before', 'user, after', 'network, before', 'network, after']) {
      const row = await stored(requestId);
      const { caller_kind, caller_id, credential_id, address, target_kind, target_id } = row!;
      assert.deepEqual(
        { caller_kind, caller_id, credential_id, address, target_kind, target_id },
        {
          ...{ caller_kind: 'user', caller_id: null, credential_id: null, address: null, target_kind: null, target_id: null },
        },
      );
    }
  });

  it('ends with the organization, also for an event that is saved after its removal', async () => {
    const other = await anOrganizationOf(server, await aPerson(server));
    await insertSecurityEvents(db(), [event('of a removed one', { orgId: other.id })]);
    assert.ok((await server.operate('DELETE', `/organizations/${other.id}/`)).status < 300);
    await sql`UPDATE organizations SET remove_at = clock_timestamp() WHERE id = ${other.id}`.execute(db());
    await removalSweep(server.services.writePath).run();
    await eventually(async () => assert.equal(await stored('of a removed one'), undefined), { timeoutMs: 20_000 });
    await insertSecurityEvents(db(), [event('too late', { orgId: other.id })]);
    assert.equal((await stored('too late'))?.organization_id, null);
  });
});
