import assert from 'node:assert/strict';
import { isValidSlackRequest } from '@slack/bolt/dist/receivers/verify-request.js';
import { isSentBySlack } from '../../../server/src/features/integrations/providers/slack/verify-slack-request.ts';
import { eventually } from '../../support/eventually.ts';
import { aLoggedInMember, anOrgWithOwner, type LoggedIn, type OrgWithOwner } from '../../support/logged-in.ts';
import { DeliveryPump } from '../../support/providers/pump-deliveries.ts';
import { pressBody, SlackStandIn, signatureOf, signingSecret, slackSettings } from '../../support/providers/slack.ts';
import { aPerson, nextNumber } from '../../support/provision.ts';
import { runRetentionJob } from '../../support/retention-job.ts';
import { addAuthProvider, allowAddresses, changeOrganization, changeRecords } from '../../support/security-records.ts';
import { type RequestOptions, startServerWith, type TestServer } from '../../support/server.ts';
import { storedRecords } from '../../support/stored-records.ts';

describe('Slack', () => {
  let slack: SlackStandIn;
  let server: TestServer;
  let org: OrgWithOwner;
  let teamId: string;
  let token: string;

  before(async () => {
    slack = await SlackStandIn.start();
    server = await startServerWith(slack, slackSettings(slack.url));
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    teamId = `T${nextNumber()}`;
    token = `xoxb-secret-${teamId}`;
    slack.calls.length = 0;
    slack.refusedChannels.clear();
  });

  const call = (method: string, path: string, options: RequestOptions = {}) =>
    server.request(method, `/api/0/organizations/${org.slug}/${path}`, { cookie: org.cookie, ...options });
  const setUp = (query: string, cookie?: string) =>
    fetch(`${server.url}/extensions/slack/setup/?${query}`, { redirect: 'manual', headers: cookie === undefined ? {} : { cookie } });

  async function begin(): Promise<string> {
    const { status, body } = await call('POST', 'integrations/slack/install/');
    assert.equal(status, 200, JSON.stringify(body));
    const url = new URL(body.url);
    assert.equal(url.searchParams.get('scope'), 'chat:write,channels:read,users:read.email');
    return url.searchParams.get('state')!;
  }

  async function connected(config: object = { channels: ['C1'], eventTypes: ['invite.created'] }) {
    slack.codes.set(`code-${teamId}`, { id: teamId, name: 'Acme', token });
    const finished = await setUp(`code=code-${teamId}&state=${await begin()}`, org.cookie);
    assert.equal(finished.status, 303, await finished.text());
    const [integration] = (await call('GET', 'integrations/')).body;
    await call('POST', `integrations/${integration.id}/`, { body: config });
    return { id: integration.id as string, pump: await DeliveryPump.open(server, org.id, integration.id) };
  }

  async function mapped(integrationId: string, person: { readonly userId: string }): Promise<string> {
    const externalId = `U${nextNumber()}`;
    const body = { provider: 'slack', integrationId, externalName: externalId, externalId, userId: person.userId };
    assert.equal((await call('POST', 'external-users/', { body })).status, 201);
    return externalId;
  }

  async function aRequest(pump: DeliveryPump): Promise<string> {
    const { cookie } = await aLoggedInMember(server, org);
    const asked = await call('POST', 'invite-requests/', { cookie, body: { email: `asked-${nextNumber()}@example.com` } });
    assert.equal(asked.status, 201, JSON.stringify(asked.body));
    await pump.run();
    return asked.body.id;
  }

  const send = (body: string, { at = Math.floor(Date.now() / 1_000), secret = signingSecret, sent = body } = {}) =>
    fetch(`${server.url}/extensions/slack/action/`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        'X-Slack-Request-Timestamp': String(at),
        'X-Slack-Signature': signatureOf(body, at, secret),
      },
      body: sent,
    });

  /** Presses a button of the last message and returns the text that only the person sees. */
  async function press(userId: string, action: 'Approve' | 'Deny' = 'Approve'): Promise<string> {
    const [approve, deny] = slack.lastButtons();
    const before = slack.callsOf('chat.postEphemeral').length;
    const { status } = await send(pressBody(teamId, userId, action === 'Approve' ? approve! : deny!));
    assert.equal(status, 200);
    return eventually(() => {
      const shown = slack.callsOf('chat.postEphemeral')[before];
      assert.ok(shown, 'nothing was shown to the person');
      assert.deepEqual([shown.form.user, shown.token], [userId, token]);
      return shown.form.text!;
    });
  }

  const statusOf = async (id: string) => {
    const members = await storedRecords(server, org.id, 'member');
    return members.find((member) => member.id === id)?.inviteStatus ?? null;
  };

  it('[13.12] refuses outsiders, and a browser or session other than the one that began', async () => {
    const path = `/api/0/organizations/${org.slug}/integrations/slack/install/`;
    assert.equal((await server.request('POST', path, {})).status, 401);
    const byToken = await server.request('POST', path, { token: (await aPerson(server)).token });
    assert.equal(byToken.status, 403);
    assert.match(byToken.body.detail, /^Connect Slack in a session with a recent login\./);
    const others = await anOrgWithOwner(server);
    assert.equal((await call('POST', 'integrations/slack/install/', { cookie: others.cookie })).status, 403);
    const { cookie } = await aLoggedInMember(server, org);
    assert.equal((await call('POST', 'integrations/slack/install/', { cookie })).status, 403);

    slack.codes.set('code', { id: teamId, name: 'Acme', token });
    const state = await begin();
    for (const own of [undefined, others.cookie, cookie]) assert.equal((await setUp(`code=code&state=${state}`, own)).status, 400);
    assert.equal((await setUp(`code=code&state=${'0'.repeat(64)}`, org.cookie)).status, 400);
    assert.equal(slack.calls.length, 0, 'a code was exchanged');
    assert.equal((await setUp(`code=code&state=${state}`, org.cookie)).status, 303);
    assert.equal((await setUp(`code=code&state=${state}`, org.cookie)).status, 400, 'a state was used twice');
  });

  it('[13.12] connects nothing if Slack is down or refuses the code', async () => {
    for (const [failure, status, reason] of [
      [{ status: 503 }, 503, /Slack responded with status 503\. Start again in the console in some minutes\./],
      [{ status: 429, retryAfter: 30 }, 503, /Slack received too many messages\. Start again in the console in some minutes\./],
      [null, 400, /Slack did not confirm the connection\. Start again in the console\./],
    ] as const) {
      if (failure) slack.next.push({ method: 'oauth.v2.access', ...failure });
      const finished = await setUp(`code=code-unknown&state=${await begin()}`, org.cookie);
      assert.equal(finished.status, status);
      assert.match(await finished.text(), reason);
    }
    assert.deepEqual((await call('GET', 'integrations/')).body, []);
  });

  it('[S-51] [S-52] stores the token encrypted, and connects a workspace to only one organization', async () => {
    await connected({ eventTypes: ['*'], channels: ['C1'] });
    const { body } = await server.operate('GET', `/organizations/${org.id}/state/`);
    assert.ok(!JSON.stringify(body).includes(token));
    for (const table of ['integrations', 'change_log', 'audit_entries', 'org_secrets'] as const) {
      assert.ok(!JSON.stringify(await server.services.db.selectFrom(table).selectAll().execute()).includes(token), table);
    }
    org = await anOrgWithOwner(server);
    slack.codes.set('again', { id: teamId, name: 'Acme', token });
    assert.equal((await setUp(`code=again&state=${await begin()}`, org.cookie)).status, 409);
  });

  it('[S-54] verifies signatures as Slack’s own library does', () => {
    const now = 1_700_000_000_000;
    const body = pressBody('T1', 'U1', { action_id: 'a', value: 'v' });
    const at = now / 1_000;
    const cases = [
      { signature: signatureOf(body, at), timestamp: at, body },
      { signature: signatureOf(body, at, 'another secret'), timestamp: at, body },
      { signature: signatureOf(body, at - 299), timestamp: at - 299, body },
      { signature: signatureOf(body, at - 360), timestamp: at - 360, body },
      { signature: signatureOf(body, at), timestamp: at - 1, body },
      { signature: signatureOf(body, at), timestamp: at, body: body.replace('payload', 'Payload') },
      { signature: signatureOf(body, at).replace('v0', 'v1'), timestamp: at, body },
      { signature: '', timestamp: at, body },
    ];
    const verdicts = cases.map(({ signature, timestamp, body: text }) => {
      const headers = { 'x-slack-signature': signature, 'x-slack-request-timestamp': timestamp };
      const theirs = isValidSlackRequest({ signingSecret, body: text, headers, nowMilliseconds: now });
      const ours = isSentBySlack({ signature, timestamp: String(timestamp), body: Buffer.from(text) }, signingSecret, now);
      assert.equal(ours, theirs, JSON.stringify(headers));
      return ours;
    });
    assert.deepEqual(verdicts, [true, false, true, false, false, false, false, false]);
  });

  it('[S-54] refuses a forged, old, re-serialized or large body with an empty response', async () => {
    const { id, pump } = await connected();
    const owner = await mapped(id, org.owner);
    const requestId = await aRequest(pump);
    const body = pressBody(teamId, owner, slack.lastButtons()[0]!);
    const now = Math.floor(Date.now() / 1_000);
    const reserialised = new URLSearchParams({ payload: JSON.stringify(JSON.parse(new URLSearchParams(body).get('payload')!), null, 1) });
    const refused = [
      await send(body, { secret: 'another secret' }),
      await send(body, { at: now - 360 }),
      await send(body, { sent: reserialised.toString() }),
      await fetch(`${server.url}/extensions/slack/action/`, { method: 'POST', body }),
    ];
    for (const response of refused) assert.deepEqual([response.status, await response.text()], [401, '']);
    assert.equal((await send('x'.repeat(8 * 1024 * 1024))).status, 413);
    assert.equal(await statusOf(requestId), 'requested_to_be_invited');
    assert.deepEqual(slack.callsOf('chat.postEphemeral'), []);
  });

  it('[S-54] decides a request as the mapped member, once, and rewrites the message', async () => {
    const { id, pump } = await connected();
    const owner = await mapped(id, org.owner);
    const requestId = await aRequest(pump);
    assert.equal(await press(owner), 'You approved the request.');
    assert.equal(await statusOf(requestId), 'approved');
    const decided = /^This request was already decided/;
    assert.match(await press(owner), decided);
    assert.match(await press(owner, 'Deny'), decided);
    await pump.run();
    const [update] = slack.callsOf('chat.update');
    assert.ok(update && !update.form.blocks!.includes('button'), 'the buttons stayed');
    const { body } = await call('GET', 'audit-logs/');
    const entry = body.rows.find(({ event }: { event: string }) => event === 'member.invite');
    assert.match(entry.note, / via Slack$/);
    assert.equal(entry.actor.id, org.owner.userId);
  });

  it('[S-54] refuses a press by a person who is unmapped, removed, demoted or unlinked, with the reason', async () => {
    const { id, pump } = await connected();
    const manager: LoggedIn = await aLoggedInMember(server, org, 'manager');
    const pressing = await mapped(id, manager);
    const requestId = await aRequest(pump);
    assert.match(await press('U0UNMAPPED'), /is not mapped to a member/);
    await call('PUT', `members/${manager.memberId}/`, { body: { orgRole: 'member' } });
    assert.equal(await press(pressing), 'You may not decide requests of this organization.');
    await call('PUT', `members/${manager.memberId}/`, { body: { orgRole: 'manager' } });
    await addAuthProvider(server, org.id);
    await changeRecords(server, org.id, (state) => changeOrganization(state, { requiresSso: true }));
    assert.equal(await press(pressing), 'The organization requires single sign-on. Link your account first.');
    await changeRecords(server, org.id, (state) => changeOrganization(state, { requiresSso: false }));
    await call('DELETE', `members/${manager.memberId}/`);
    assert.match(await press(pressing), /is not mapped to a member/);
    assert.equal(await statusOf(requestId), 'requested_to_be_invited');
  });

  it('[S-54] states the role that an approval would give', async () => {
    const { pump } = await connected();
    const { cookie } = await aLoggedInMember(server, org);
    const email = `asked-${nextNumber()}@example.com`;
    const asked = await call('POST', 'invite-requests/', { cookie, body: { email, orgRole: 'owner' } });
    assert.equal(asked.status, 201, JSON.stringify(asked.body));
    await pump.run();
    const text = JSON.stringify(slack.callsOf('chat.postMessage').at(-1)!.form);
    assert.match(text, new RegExp(`requests an invitation for ${email} as owner`));
  });

  it('[S-54] refuses a button that a person without a required second factor presses, with the reason', async () => {
    const { id, pump } = await connected();
    const manager = await aLoggedInMember(server, org, 'manager');
    const pressing = await mapped(id, manager);
    const requestId = await aRequest(pump);
    await changeRecords(server, org.id, (state) => changeOrganization(state, { require2FA: true }));
    for (const action of ['Approve', 'Deny'] as const) {
      assert.equal(await press(pressing, action), 'The organization requires two-factor authentication. Set it up first.');
    }
    assert.equal(await statusOf(requestId), 'requested_to_be_invited');
    await server.operate('POST', `/users/${manager.userId}/authenticators/`, { type: 'totp' });
    assert.equal(await press(pressing), 'You approved the request.');
  });

  it('[S-54] accepts a pressed button although the list of allowed addresses has no address of Slack', async () => {
    const { id, pump } = await connected();
    const owner = await mapped(id, org.owner);
    const requestId = await aRequest(pump);
    await allowAddresses(server, org.id, ['203.0.113.0/24']);
    assert.equal((await call('GET', 'members/')).body.detail.code, 'address-not-allowed');
    assert.equal(await press(owner), 'You approved the request.');
    assert.equal(await statusOf(requestId), 'approved');
  });

  it('[S-54] refuses a press for a request that changed after the message', async () => {
    const { id, pump } = await connected();
    const owner = await mapped(id, org.owner);
    const requestId = await aRequest(pump);
    await call('PUT', `invite-requests/${requestId}/`, { body: { orgRole: 'owner' } });
    assert.match(await press(owner), /changed after the message was posted/);
    assert.equal(await statusOf(requestId), 'requested_to_be_invited');
  });

  it('[13.12] shows names and no addresses under enhanced privacy', async () => {
    const { pump } = await connected({ channels: ['C1'], eventTypes: ['*'] });
    await call('PUT', '', { body: { enhancedPrivacy: true } });
    await aRequest(pump);
    const texts = slack.callsOf('chat.postMessage').map(({ form }) => `${form.text} ${form.blocks}`);
    assert.ok(texts.length > 0);
    for (const text of texts) assert.doesNotMatch(text, /@example\.com/);
  });

  it('[13.12] posts to each channel once, although another one fails or refuses', async () => {
    const { pump } = await connected({ channels: ['C1', 'C2', 'C3'], eventTypes: ['team.*'] });
    const channels = () => slack.callsOf('chat.postMessage').map(({ form }) => form.channel);
    await call('POST', 'teams/', { body: { slug: `team-${org.id}` } });
    slack.refusedChannels.set('C1', 'not_in_channel').set('C2', 'internal_error');
    const [failed] = await pump.run();
    assert.deepEqual([failed!.outcome, failed!.error], ['failed', 'Channel C2: Slack refused the request: internal_error.']);
    slack.refusedChannels.delete('C2');
    slack.calls.length = 0;
    const [refused] = await pump.run();
    assert.deepEqual([refused!.outcome, refused!.error], ['refused', 'Channel C1: Slack refused the request: not_in_channel.']);
    assert.deepEqual(channels(), ['C1', 'C2'], 'a message was repeated in C3');
    assert.deepEqual(
      await server.services.db.selectFrom('notifier_messages').selectAll().where('organization_id', '=', org.id).execute(),
      [],
    );
  });

  it('[13.12] lists the public channels in pages, and states why there are none', async () => {
    slack.channelPages = [[{ id: 'C1', name: 'general', is_member: true }], [{ id: 'C2', name: 'random', is_member: false }]];
    const { id } = await connected();
    const path = `integrations/${id}/channels/`;
    const others = await anOrgWithOwner(server);
    const refused = [
      await server.request('GET', `/api/0/organizations/${org.slug}/${path}`, {}),
      await call('GET', path, { cookie: others.cookie }),
      await call('GET', path, { cookie: (await aLoggedInMember(server, org)).cookie }),
      await server.request('GET', `/api/0/organizations/${others.slug}/${path}`, { cookie: others.cookie }),
    ];
    assert.deepEqual(
      refused.map(({ status }) => status),
      [401, 403, 403, 404],
    );
    assert.deepEqual(slack.callsOf('conversations.list'), []);
    const first = (await call('GET', path)).body;
    assert.deepEqual(first, { channels: [{ id: 'C1', name: 'general', isJoined: true }], next: '1', error: null });
    const last = (await call('GET', `${path}?cursor=${first.next}`)).body;
    assert.deepEqual([last.channels[0].name, last.next], ['random', null]);
    slack.revokedTokens.add(token);
    const { body } = await call('GET', path);
    assert.deepEqual(body, { channels: [], next: null, error: 'Slack refused the request: token_revoked.' });
    assert.ok(!JSON.stringify(body).includes(token));
  });

  it('[13.12] sends a limited number of test messages', async () => {
    const { id } = await connected();
    for (let sent = 0; sent < 20; sent++) assert.equal((await call('POST', `integrations/${id}/test/`)).status, 200);
    assert.equal((await call('POST', `integrations/${id}/test/`)).status, 429);
    assert.equal(slack.callsOf('chat.postMessage').length, 20);
  });

  it('[13.12] keeps the attempts of a failing message when settings change, and starts again when it is switched on', async () => {
    const { id } = await connected();
    const row = server.services.db.selectFrom('log_consumers').where('consumer', '=', `integration:${id}`);
    const attempts = async () => (await row.select('attempts').executeTakeFirstOrThrow()).attempts;
    await server.services.db.updateTable('log_consumers').set({ attempts: 3 }).where('consumer', '=', `integration:${id}`).execute();
    await call('POST', `integrations/${id}/`, { body: { eventTypes: ['team.*'], name: 'Chat' } });
    assert.equal(await attempts(), 3);
    for (const status of ['disabled', 'active']) await call('POST', `integrations/${id}/`, { body: { status } });
    assert.equal(await attempts(), 0);
  });

  it('[13.12] revokes the token of a removed integration, whose deliveries the retention job deletes', async () => {
    const { id } = await connected({ channels: ['C1'], eventTypes: ['team.*'] });
    const { db } = server.services;
    await db.updateTable('log_consumers').set({ is_active: true }).where('consumer', '=', `integration:${id}`).execute();
    await call('POST', 'teams/', { body: { slug: `team-${org.id}` } });
    const deliveries = () => db.selectFrom('deliveries').select('id').where('consumer', '=', `integration:${id}`).execute();
    await eventually(async () => assert.equal((await deliveries()).length, 1));
    assert.equal((await call('DELETE', `integrations/${id}/`)).status, 204);
    await runRetentionJob(server, org.id);
    assert.deepEqual(await deliveries(), []);
    await eventually(() => assert.ok(slack.revokedTokens.has(token), 'not yet'), { timeoutMs: 20_000 });
    await eventually(async () => {
      const secrets = db.selectFrom('org_secrets').select('name').where('organization_id', '=', org.id);
      assert.deepEqual(await secrets.execute(), []);
    });
  });

  it('[13.12] waits as long as Slack requests, and disables the integration if its token is revoked', async () => {
    const { id, pump } = await connected({ channels: ['C1'], eventTypes: ['team.*'] });
    await call('POST', 'teams/', { body: { slug: `team-${org.id}` } });
    slack.next.push({ status: 429, retryAfter: 9 }, { status: 429 }, { status: 503 });
    const found = [...(await pump.run()), ...(await pump.run()), ...(await pump.run())];
    assert.deepEqual(
      found.map(({ outcome, retryAfterSeconds }) => [outcome, retryAfterSeconds]),
      [
        ['failed', 9],
        ['failed', undefined],
        ['failed', undefined],
      ],
    );
    slack.revokedTokens.add(token);
    assert.deepEqual(
      (await pump.run()).map(({ outcome }) => outcome),
      ['unauthorized'],
    );
    const tested = await call('POST', `integrations/${id}/test/`);
    assert.equal(tested.body.error, 'Slack refused the request: token_revoked.');
  });
});
