import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.ts';
import { type Instances, startInstances } from '../../support/instances.ts';
import { anAccount, logIn } from '../../support/log-in.ts';
import { readMails } from '../../support/mailbox.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import type { TestResponse, TestServer } from '../../support/server.ts';

const max = 12;

describe('limits on actions that mail others', () => {
  let instances: Instances;
  let server: TestServer;
  let owner: Person;
  let member: Person;
  let org: ProvisionedOrg;

  before(async () => {
    const environment = {
      LIMIT_NOTICES_PER_ACTOR: String(max),
      LIMIT_NOTICES_PER_ORGANIZATION: String(2 * max),
      LIMIT_TOKENS_PER_ORGANIZATION: String(max - 2),
      LIMIT_TOKENS_PER_USER: '3',
      LIMIT_INVITE_REQUESTS_PER_MEMBER: '5',
      LIMIT_ACCESS_REQUESTS_PER_MEMBER: '5',
    };
    instances = await startInstances(2, { environment });
    server = instances.servers[0]!;
  });
  after(() => instances?.stop());
  beforeEach(async () => {
    await server.services.db.deleteFrom('attempt_limits').execute();
    owner = await aPerson(server);
    member = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    await addMember(server, org, member, 'member');
  });

  const times = <T>(count: number, make: (n: number) => T) => Array.from({ length: count }, (_, n) => make(n));
  /** Alternates between the instances. */
  const onOrg = (n: number, method: string, path: string, body?: unknown, by = member) =>
    instances.servers[n % 2]!.request(method, `/api/0/organizations/${org.slug}/${path}`, { token: by.token, body });
  const aToken = (n: number, by = member) => onOrg(n, 'POST', 'org-auth-tokens/', { name: `Token ${n}` }, by);
  const anInviteRequest = (n: number, by = member) =>
    onOrg(n, 'POST', 'invite-requests/', { email: `new-${nextNumber()}@example.com` }, by);
  const tally = (answers: readonly TestResponse[]) => {
    const counts: Record<number, number> = {};
    for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  };
  const mailsOf = ({ email }: Person) => instances.servers.flatMap((one) => readMails(one, email));
  /** Ends the windows in the database, so that the collected mails are due. */
  const endWindows = () =>
    server.services.db
      .updateTable('mail_outbox')
      .set({ next_attempt_at: new Date(0).toISOString(), created_at: new Date().toISOString() })
      .where('digest_key', 'is not', null)
      .execute();

  it('[H-15] allow one immediate mail to an owner, and then one more for any number of tokens', async () => {
    const answers = await Promise.all(times(8, (n) => aToken(n)));
    assert.deepEqual(tally(answers), { 201: 8 });
    await eventually(() => assert.equal(mailsOf(owner).length, 1));
    await endWindows();
    const mails = await eventually(() => {
      const found = mailsOf(owner);
      assert.equal(found.length, 2);
      return found;
    });
    const digest = mails.find(({ subject }) => subject.endsWith('(7 notifications)'))!;
    for (const { body } of answers)
      assert.ok(
        mails.some(({ text }) => text.includes(body.name)),
        `${body.name} is in no mail`,
      );
    assert.match(digest.text, /You have 7 notifications like this/);
  });

  it('[H-15] count the tokens of an actor in an organization across instances, without rejected ones', async () => {
    const stranger = await aPerson(server);
    assert.deepEqual(tally(await Promise.all(times(6, (n) => aToken(n, stranger)))), { 403: 6 });
    const made = await Promise.all(times(max, (n) => aToken(n)));
    assert.deepEqual(tally(made), { 201: max - 2, 400: 2 });
    assert.match(made.find(({ status }) => status === 400)!.body.detail, /too many tokens; remove some first\. Limit is 10\./);
    // Two more remain of the day, because removed tokens count too.
    const { body: tokens } = await onOrg(0, 'GET', 'org-auth-tokens/', undefined, owner);
    for (const { id } of tokens) assert.equal((await onOrg(0, 'DELETE', `org-auth-tokens/${id}/`, undefined, owner)).status, 204);
    const more = await Promise.all(times(4, (n) => aToken(n)));
    assert.deepEqual(tally(more), { 201: 2, 429: 2 });
    const refused = more.find(({ status }) => status === 429)!;
    assert.ok(Number(refused.headers.get('retry-after')) > 86_000, 'Retry-After is not a day');
    assert.equal((await aToken(0, owner)).status, 201, 'another member has a count of their own');
  });

  it('[H-15] allow a member a few pending requests for invites and for teams', async () => {
    assert.deepEqual(tally(await Promise.all(times(7, (n) => anInviteRequest(n)))), { 201: 5, 400: 2 });
    await eventually(() => assert.equal(mailsOf(owner).length, 1));

    await onOrg(0, 'PUT', '', { openMembership: false }, owner);
    const teams = await Promise.all(times(7, (n) => onOrg(n, 'POST', 'teams/', { slug: `team-${nextNumber()}` }, owner)));
    const asked = await Promise.all(teams.map(({ body }, n) => onOrg(n, 'POST', `members/me/teams/${body.slug}/`)));
    assert.deepEqual(tally(asked), { 202: 5, 400: 2 });
    const { length } = await server.services.db.selectFrom('access_requests').select('id').where('organization_id', '=', org.id).execute();
    assert.equal(length, 5);
  });

  it('[H-15] allow the tokens of an organization a few pending requests for invites, besides requests to join', async () => {
    const { token } = (await onOrg(0, 'POST', 'org-auth-tokens/', { name: 'Requests', scopes: ['member:read'] }, owner)).body;
    const joining = await Promise.all(
      times(3, (n) =>
        server.request('POST', `/api/0/organizations/${org.slug}/join-request/`, { body: { email: `join-${n}@example.com` } }),
      ),
    );
    assert.deepEqual(tally(joining), { 204: 3 });
    assert.deepEqual(tally(await Promise.all(times(7, (n) => anInviteRequest(n, { ...owner, token })))), { 201: 5, 400: 2 });
    assert.equal((await anInviteRequest(0)).status, 201, 'a member has a limit of their own');
  });

  it('[H-15] allow a user to create a few tokens, also concurrently', async () => {
    const cookie = await logIn(server, await anAccount(server));
    const make = (n: number) => instances.servers[n % 2]!.request('POST', '/api/0/api-tokens/', { cookie, body: { scopes: ['org:read'] } });
    assert.deepEqual(tally(await Promise.all(times(6, make))), { 201: 3, 400: 3 });
  });

  it('[H-15] allow a few mails per hour to an address, for any number of users who claim it', async () => {
    const email = `victim-${nextNumber()}@example.com`;
    const cookies = await Promise.all(times(12, async () => logIn(server, await anAccount(server))));
    const answers = await Promise.all(cookies.map((cookie) => server.request('POST', '/api/0/auth/emails/', { cookie, body: { email } })));
    assert.deepEqual(tally(answers), { 201: 10, 429: 2 });
  });

  it('[H-15] allow an outsider no more mails through approved requests than through invites', async () => {
    const email = `stranger-${nextNumber()}@example.com`;
    const approvals: TestResponse[] = [];
    for (let n = 0; n < max - 1; n++) {
      const { body } = await onOrg(n, 'POST', 'invite-requests/', { email }, owner);
      approvals.push(await onOrg(n, 'PUT', `invite-requests/${body.id}/`, { approve: true }, owner));
      await onOrg(n, 'DELETE', approvals.at(-1)!.status === 200 ? `members/${body.id}/` : `invite-requests/${body.id}/`, undefined, owner);
    }
    assert.deepEqual(tally(approvals), { 200: 10, 429: max - 11 });
  });

  it('[H-15] allow an outsider 30 mails per day, for any number of inviting organizations', async () => {
    const email = `stranger-${nextNumber()}@example.com`;
    const answers: TestResponse[] = [];
    for (let n = 0; n < 4; n++) {
      org = await anOrganizationOf(server, owner);
      for (let round = 0; round < 8; round++) {
        const answer = await onOrg(round, 'POST', 'members/', { email: round % 2 ? email : email.toUpperCase() }, owner);
        answers.push(answer);
        if (answer.status === 201) await onOrg(round, 'DELETE', `members/${answer.body.id}/`, undefined, owner);
      }
    }
    assert.deepEqual(tally(answers), { 201: 30, 429: 2 });
    assert.deepEqual(answers.at(-1)!.body, { detail: 'You are being rate limited for too many invitations.' });
    assert.equal((await anInviteRequest(0, owner)).status, 201);
  });

  it('[H-15] allow a user a limited number of authenticator setups', async () => {
    const cookie = await logIn(server, await anAccount(server));
    const begin = (n: number) => instances.servers[n % 2]!.request('POST', '/api/0/auth/authenticators/totp/', { cookie });
    assert.deepEqual(tally(await Promise.all(times(22, begin))), { 200: 20, 429: 2 });
  });
});
