import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { openOrgSecrets } from '../../../server/src/database/organizations/org-secrets.ts';
import { disableWebhook } from '../../../server/src/features/webhooks/commands/disable-webhook.ts';
import { webhookSecretOwner } from '../../../server/src/features/webhooks/commands/webhook-secret.ts';
import { runSystemCommand } from '../../../server/src/write-path/run-system-command.ts';
import { aLoggedInMember, anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { mailsTo } from '../../support/mailbox.ts';
import { revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { storedRecords } from '../../support/stored-records.ts';
import { aWebhook, callWebhooks, receiverUrl } from '../../support/webhooks.ts';
import { WireReplica } from '../../support/wire-replica.ts';

describe('the webhooks of an organization', () => {
  let server: TestServer;
  let org: OrgWithOwner;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
  });

  const call = (method: string, below = '', body?: unknown) => callWebhooks(server, org, method, below, body);

  async function auditNotes(): Promise<[string, string][]> {
    const entries = await storedRecords(server, org.id, 'audit-entry');
    return entries.filter(({ event }) => /^webhook/.test(event)).map(({ event, note }) => [event, note]);
  }

  it('[13.10] appear, change and disappear live, each time with one revision and one audit entry', async () => {
    const replica = await WireReplica.open(server.url, { cookie: org.cookie }, org.slug);
    const made = await call('POST', '', {
      url: ` ${receiverUrl} `,
      description: 'Chat',
      eventTypes: ['member.*', 'flag.changed', 'member.*'],
    });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const { secret, ...record } = made.body;
    assert.match(secret, /^whsec_/);
    assert.match(made.headers.get('cache-control')!, /no-store/);
    const { id, dateCreated, secretChangedAt, scopes, createdBy, ...rest } = record;
    assert.deepEqual(rest, {
      url: receiverUrl,
      description: 'Chat',
      eventTypes: ['member.*', 'flag.changed'],
      status: 'active',
      disabledReason: null,
    });
    assert.equal(secretChangedAt, dateCreated);
    assert.ok(scopes.includes('org:write') && scopes.includes('member:admin') && !scopes.includes('org:admin'), 'the scopes of a manager');
    assert.match(createdBy, /^\d+$/);
    const revision = revisionOf(made);
    assert.deepEqual((await call('GET')).body, [record]);
    assert.deepEqual((await call('GET', `${id}/`)).body, record);

    const changed = await call('PUT', `${id}/`, { description: 'Chat of the team', eventTypes: [], status: 'disabled' });
    assert.deepEqual([changed.status, revisionOf(changed)], [200, revision + 1]);
    assert.deepEqual(changed.body, { ...record, description: 'Chat of the team', eventTypes: [], status: 'disabled' });
    assert.equal(revisionOf(await call('PUT', `${id}/`, { description: 'Chat of the team' })), revision + 1, 'nothing changed');
    await replica.reach(revision + 1);
    assert.deepEqual(replica.records().get(`webhook/${id}`), changed.body);
    const gone = await call('DELETE', `${id}/`);
    assert.deepEqual([gone.status, revisionOf(gone)], [204, revision + 2]);
    await replica.reach(revision + 2);
    assert.equal(replica.records().get(`webhook/${id}`), undefined);
    replica.close();
    assert.deepEqual(await auditNotes(), [
      ['webhook.create', 'added webhook receiver.invalid'],
      ['webhook.edit', 'edited webhook receiver.invalid'],
      ['webhook.remove', 'removed webhook receiver.invalid'],
    ]);
    for (const table of ['log_consumers', 'org_secrets'] as const) {
      const left = await server.services.db.selectFrom(table).selectAll().where('organization_id', '=', org.id).execute();
      assert.deepEqual(left, [], table);
    }
  });

  it('[13.10] refuse unknown event types, scopes and fields that are too long, with all errors at once', async () => {
    for (const eventTypes of [['member.unknown'], ['unknown.*'], ['*'], ['member'], ['webhook.test'], [1]]) {
      const { status, body } = await call('POST', '', { url: receiverUrl, eventTypes });
      assert.deepEqual([status, Object.keys(body)], [400, ['eventTypes']], String(eventTypes));
    }
    const all = await call('POST', '', { url: '', description: 'x'.repeat(201), scopes: ['org:nothing'], eventTypes: 'all' });
    assert.deepEqual([all.status, Object.keys(all.body).toSorted()], [400, ['description', 'eventTypes', 'scopes', 'url']]);
    assert.deepEqual((await call('POST', '', {})).body, { url: ['This field is required.'] });
    assert.deepEqual((await call('GET')).body, []);
  });

  it('[13.10] give a webhook the revisions after its creation', async () => {
    const made = await call('POST', '', { url: receiverUrl });
    const { body: state } = await call('GET', `${made.body.id}/state/`);
    const { cursor, behind, attempts, oldestUnsentAt } = state;
    assert.deepEqual(
      { cursor, behind, attempts, oldestUnsentAt },
      { cursor: { revision: revisionOf(made) + 1, index: 0 }, behind: 0, attempts: 0, oldestUnsentAt: null },
    );
    assert.equal(state.head, revisionOf(made));
  });

  it('[13.10] sign with the previous secret too, until it expires', async () => {
    const { id, secret } = await aWebhook(server, org);
    const owner = webhookSecretOwner(org.id, id);
    const { db, secret: key } = server.services;
    const names = async () => Object.fromEntries(await openOrgSecrets(db, key, owner));
    const second = (await call('POST', `${id}/rotate-secret/`)).body;
    assert.deepEqual(await names(), { current: second.secret, previous: secret });
    assert.ok(second.secretChangedAt > second.dateCreated);
    const third = (await call('POST', `${id}/rotate-secret/`)).body;
    assert.deepEqual(await names(), { current: third.secret, previous: second.secret });
    const [{ hours }] = (await db
      .selectFrom('org_secrets')
      .select(sql<number>`round(extract(epoch FROM expires_at - clock_timestamp()) / 3600)::integer`.as('hours'))
      .where('owner_id', '=', id)
      .where('name', '=', 'previous')
      .execute()) as [{ hours: number }];
    assert.equal(hours, 24);
    await db.updateTable('org_secrets').set({ expires_at: sql<string>`clock_timestamp()` }).where('name', '=', 'previous').execute();
    assert.deepEqual(await names(), { current: third.secret });
  });

  it('[13.10] mail the owners when the server disables a webhook, and continue where it stood when it is enabled', async () => {
    const owner = await aLoggedInMember(server, org, 'owner');
    const { id } = await aWebhook(server, org);
    const before = (await call('GET', `${id}/state/`)).body.cursor;
    const disable = () =>
      runSystemCommand(server.services.writePath, disableWebhook, {
        orgId: org.id,
        input: { webhook: id, reason: 'gone', holdsClaim: async () => true },
        requestId: null,
      });
    assert.ok(await disable());
    assert.equal(await disable(), null, 'disabled twice');
    const { body } = await call('GET', `${id}/`);
    assert.deepEqual([body.status, body.disabledReason], ['disabled', 'gone']);
    const [mail] = await mailsTo(server, owner.email);
    assert.match(mail!.subject, /^The webhook to receiver\.invalid .* is disabled$/);
    const enabled = await call('PUT', `${id}/`, { status: 'active' });
    assert.deepEqual([enabled.body.status, enabled.body.disabledReason], ['active', null]);
    assert.deepEqual((await call('GET', `${id}/state/`)).body.cursor, before);
    assert.deepEqual((await auditNotes()).slice(1), [
      ['webhook.edit', 'disabled webhook receiver.invalid'],
      ['webhook.edit', 'edited webhook receiver.invalid'],
    ]);
  });
});
