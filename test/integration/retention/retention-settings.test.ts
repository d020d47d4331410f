import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { mailsTo } from '../../support/mailbox.ts';
import { endPlanDelay } from '../../support/plans.ts';
import { revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

describe('the retention of an organization', () => {
  let server: TestServer;
  let org: OrgWithOwner;

  before(async () => {
    server = await startServer({ RETENTION_DAYS_MAX: '400' });
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
  });

  const path = () => `/api/0/organizations/${org.slug}/retention/`;
  const read = () => server.request('GET', path(), { cookie: org.cookie });
  const put = (body: unknown, ifMatch?: string) =>
    server.request('PUT', path(), { cookie: org.cookie, body, ...(ifMatch && { headers: { 'If-Match': ifMatch } }) });
  const putPlan = (body: unknown) => server.operate('PUT', `/organizations/${org.id}/plan/`, body);

  const defaults = { auditDays: null, historyDays: null, deliveryDays: null, personDays: null };

  it('[13.15] has the defaults of the contract, limited by the maximum of the server', async () => {
    const { status, body } = await read();
    assert.equal(status, 200);
    assert.deepEqual(body, {
      ...defaults,
      effective: { auditDays: 400, historyDays: 90, deliveryDays: 30, personDays: 400 },
      planned: null,
      plan: { name: null, retentionDaysMax: 400 },
      legalHold: false,
      prunedThrough: 0,
    });
  });

  it('[13.15] changes the given settings, and null sets the default again', async () => {
    const changed = await put({ auditDays: 60, historyDays: 7 });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    assert.deepEqual(changed.body.effective, { auditDays: 60, historyDays: 7, deliveryDays: 30, personDays: 60 });
    const reset = await put({ auditDays: null, personDays: 0 });
    const { auditDays, historyDays, personDays } = reset.body;
    assert.deepEqual([auditDays, historyDays, personDays], [null, 7, 0]);
    const again = await read();
    assert.deepEqual(again.body, reset.body);
    assert.equal(again.headers.get('x-org-revision'), reset.headers.get('x-org-revision'));
  });

  it('[13.15] arrives at the subscribers who manage the organization', async () => {
    const replica = await WireReplica.connect(server.url, { cookie: org.cookie });
    await replica.subscribe(org.id);
    const { body } = await putPlan({ name: 'Team', retentionDaysMax: 90, legalHold: true });
    const plan = { planName: 'Team', planDaysMax: 90, formerPlan: { daysMax: null, until: body.planned.from }, legalHold: true };
    const expected = { id: org.id, ...defaults, ...plan, prunedThrough: 0 };
    await eventually(() => assert.deepEqual(replica.state.get('retention', org.id), expected));
    replica.close();
  });

  it('[13.15] refuses more than the plan allows, and less than the minimum of a setting', async () => {
    await putPlan({ retentionDaysMax: 90 });
    const before = revisionOf(await read());
    const { status, body } = await put({ auditDays: 91, historyDays: 0, personDays: -1, deliveryDays: 'a week' });
    assert.equal(status, 400);
    assert.deepEqual(body, {
      auditDays: ['Your plan keeps at most 90 days.'],
      historyDays: ['Ensure this value is greater than or equal to 1.'],
      personDays: ['Ensure this value is greater than or equal to 0.'],
      deliveryDays: ['A valid integer is required.'],
    });
    assert.deepEqual((await put({ auditDays: 29 })).body, { auditDays: ['Ensure this value is greater than or equal to 30.'] });
    assert.deepEqual((await put({ historyDays: 36_501 })).body, {
      historyDays: ['Ensure this value is less than or equal to 36500.'],
    });
    assert.equal(revisionOf(await read()), before, 'a refused change made a revision');
  });

  it('[13.15] applies a smaller plan after a day, mails the owners before, and keeps the settings for a larger plan', async () => {
    await put({ auditDays: 365 });
    const plan = await putPlan({ name: 'Free', retentionDaysMax: 30 });
    assert.equal(plan.status, 200, JSON.stringify(plan.body));
    const delayed = await read();
    const before = { auditDays: 365, historyDays: 90, deliveryDays: 30, personDays: 365 };
    const after = { auditDays: 30, historyDays: 30, deliveryDays: 30, personDays: 30 };
    assert.deepEqual([delayed.body.effective, delayed.body.planned.effective], [before, after]);
    assert.deepEqual(delayed.body.planned, plan.body.planned);
    const inADay = Date.parse(delayed.body.planned.from) - Date.now();
    assert.ok(Math.abs(inADay - 24 * 60 * 60 * 1_000) < 60_000, `in ${inADay} ms`);
    const [mail] = await mailsTo(server, org.owner.email);
    assert.match(mail!.subject, / will keep less data from 20.* UTC$/);
    assert.match(mail!.text, /at most 30 days/);
    await endPlanDelay(server, org.id);
    const smaller = await read();
    assert.equal(smaller.body.auditDays, 365);
    assert.deepEqual([smaller.body.effective, smaller.body.planned], [after, null]);
    assert.deepEqual(smaller.body.plan, { name: 'Free', retentionDaysMax: 30 });
    await putPlan({ retentionDaysMax: null });
    const larger = await read();
    assert.equal(larger.body.effective.auditDays, 365);
    assert.deepEqual(larger.body.plan, { name: 'Free', retentionDaysMax: 400 });
  });

  it('[13.15] shows the plan and the settings to the operator, who can’t misspell a field', async () => {
    await put({ historyDays: 7 });
    await putPlan({ name: 'Team', legalHold: true });
    const { body } = await server.operate('GET', `/organizations/${org.id}/plan/`);
    assert.deepEqual(body, {
      name: 'Team',
      retentionDaysMax: null,
      legalHold: true,
      retention: { ...defaults, historyDays: 7 },
      effective: { auditDays: 400, historyDays: 7, deliveryDays: 30, personDays: 400 },
      planned: null,
      prunedThrough: 0,
    });
    assert.equal((await putPlan({ legalhold: false })).status, 400);
    assert.equal((await putPlan({ retentionDaysMax: 0 })).status, 400);
    assert.equal((await putPlan({ name: '' })).status, 400);
    assert.equal((await server.operate('PUT', '/organizations/999999999/plan/', { legalHold: true })).status, 404);
  });

  it('[W3] creates one revision per change, and none without a change', async () => {
    const before = revisionOf(await read());
    assert.equal(revisionOf(await put({ auditDays: null })), before, 'the defaults were saved');
    assert.equal(revisionOf(await put({ auditDays: 60 })), before + 1);
    assert.equal(revisionOf(await put({ auditDays: 60 })), before + 1);
    assert.equal(revisionOf(await putPlan({ legalHold: true })), before + 2);
    assert.equal(revisionOf(await putPlan({ legalHold: true })), before + 2);
  });

  it('[W6] accepts one of two simultaneous PUTs with the same If-Match', async () => {
    const ifMatch = (await read()).headers.get('x-org-revision')!;
    const replies = await Promise.all([60, 70].map((auditDays) => put({ auditDays }, ifMatch)));
    assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 412]);
    const winner = replies.find(({ status }) => status === 200)!;
    assert.equal((await read()).body.auditDays, winner.body.auditDays);
  });

  it('[11] records the settings, the plan and the legal hold in the audit log', async () => {
    await put({ auditDays: 60 });
    await putPlan({ name: 'Team', retentionDaysMax: 90, legalHold: true });
    const { body } = await server.request('GET', `/api/0/organizations/${org.slug}/audit-logs/?event=org.edit`, { cookie: org.cookie });
    assert.deepEqual(
      body.rows.map(({ note }: { note: string }) => note),
      [
        'edited the organization setting: plan from none (no maximum) to Team (at most 90 days), legal_hold to True',
        'edited the organization setting: retention from audit log default to audit log 60 days',
      ],
    );
  });
});
