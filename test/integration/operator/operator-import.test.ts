import assert from 'node:assert/strict';
import { type MemberRecord, OrgState, type TeamMemberRecord } from '@rollcall/protocol';
import { aPerson, nextNumber } from '../../support/provision.ts';
import { lockOut } from '../../support/security-records.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('importing a history', () => {
  let server: TestServer;
  let ownerId: string;
  before(async () => {
    server = await startServer();
    ownerId = (await server.operate('POST', '/users/', { email: 'owner@example.com' })).body.id;
  });
  after(() => server.stop());

  let count = 0;
  async function anOrganization(): Promise<string> {
    return (await server.operate('POST', '/organizations/', { name: `Organization ${++count}`, ownerId })).body.id;
  }

  function send(orgId: string, body: string, headers: Record<string, string> = {}) {
    return server.request('POST', `/api/operator/organizations/${orgId}/import/`, {
      token: server.operatorToken,
      headers: { 'Content-Type': 'application/x-ndjson', ...headers },
      body,
    });
  }

  const linesOf = (...operations: object[]) => operations.map((operation) => `${JSON.stringify(operation)}\n`).join('');

  async function readState(orgId: string): Promise<OrgState> {
    return OrgState.from((await server.operate('GET', `/organizations/${orgId}/state/`)).body.records);
  }

  it('[H-69] adds one entry with counts to the audit log, live and over REST, for any number of revisions', async () => {
    const orgId = await anOrganization();
    const token = (await server.operate('POST', `/users/${ownerId}/tokens/`, { scopes: ['org:admin'] })).body.token;
    const people = Array.from({ length: 501 }, (_, index) => ({ op: 'member.add', login: `person-${index}`, role: 'member' }));
    const text = linesOf({ op: 'team.create', team: 'Watch' }, ...people, {
      op: 'team.join',
      team: 'Watch',
      login: 'person-0',
      role: 'admin',
    });
    assert.equal((await send(orgId, text)).body.applied, 503);
    const note = 'imported a history (teams added: 1, members added: 501, team memberships added: 1)';
    const { body } = await server.request('GET', `/api/0/organizations/${orgId}/audit-logs/`, { token });
    const rows = body.rows.filter(({ note: said }: { note: string }) => said.startsWith('imported'));
    assert.deepEqual(
      rows.map(({ event, note: said, actor }: Record<string, unknown>) => ({ event, said, actor })),
      [{ event: 'org.edit', said: note, actor: null }],
    );
    const live = [...(await readState(orgId)).recordsOf('audit-entry').values()].filter((entry) => entry.note === note);
    assert.deepEqual(
      live.map(({ data }) => data),
      [{ teams_added: '1', members_added: '501', team_memberships_added: '1' }],
    );
    await send(orgId, text);
    const again = await server.request('GET', `/api/0/organizations/${orgId}/audit-logs/`, { token });
    assert.equal(again.body.rows.length, body.rows.length, 'an import without an effect adds no entry');
  });

  it('[W1] creates one revision for up to 500 lines and reports the skipped lines', async () => {
    const orgId = await anOrganization();
    const answer = await send(
      orgId,
      `${linesOf(
        { op: 'member.add', login: 'Reader', role: 'member' },
        { op: 'team.create', team: 'Night Watch' },
        { op: 'team.join', team: 'Night Watch', login: 'READER', role: 'admin' },
        { op: 'project.assign', team: 'Night Watch', project: 'lighthouse' },
      )}no json\n${linesOf({ op: 'team.join', team: 'nobodys', login: 'reader', role: 'admin' })}`,
    );
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, {
      applied: 4,
      skipped: [
        { line: 5, reason: 'bad-json' },
        { line: 6, reason: 'unknown-team' },
      ],
      revision: 2,
    });
    assert.match(answer.headers.get('x-org-revision')!, /\.2$/);
    const state = await readState(orgId);
    const members = [...state.recordsOf('member').values()] as unknown as MemberRecord[];
    const reader = members.find(({ email }) => email === 'reader@users.invalid')!;
    const [row] = [...state.recordsOf('team-member').values()] as unknown as TeamMemberRecord[];
    assert.deepEqual([row?.memberId, row?.teamRole, state.team(row!.teamId)?.slug], [reader.id, 'admin', 'night-watch']);
  });

  it('[17.24] removes a member whom a required second factor locked out, whom setting one up then does not reinstate', async () => {
    const orgId = await anOrganization();
    const person = await aPerson(server);
    const login = `locked-${nextNumber()}`;
    await server.operate('PUT', `/users/${person.userId}/`, { email: `${login}@users.invalid` });
    await send(orgId, linesOf({ op: 'member.add', login, role: 'member' }));
    const members = [...(await readState(orgId)).recordsOf('member').values()] as unknown as MemberRecord[];
    const member = members.find(({ user }) => user?.id === person.userId)!;
    await lockOut(server, orgId, member.id, `${login}@users.invalid`);
    assert.equal((await send(orgId, linesOf({ op: 'member.remove', login }))).body.applied, 1);
    assert.equal((await readState(orgId)).member(member.id), null);
    await server.operate('POST', `/users/${person.userId}/authenticators/`, { type: 'totp' });
    const read = await server.request('GET', `/api/0/organizations/${orgId}/`, { token: person.token });
    assert.equal(read.status, 403);
  });

  it('[W3] creates no revision if every line matches the state', async () => {
    const orgId = await anOrganization();
    const text = linesOf({ op: 'member.add', login: 'reader', role: 'member' }, { op: 'team.create', team: 'watch' });
    const first = await send(orgId, text);
    const second = await send(orgId, text);
    assert.deepEqual([first.body.revision, second.body.revision], [2, 2]);
    assert.equal(second.body.applied, 2);
    assert.deepEqual((await send(orgId, '')).body, { applied: 0, skipped: [], revision: 2 });
  });

  it('[W5] continues where it stopped for the same Idempotency-Key', async () => {
    const orgId = await anOrganization();
    const lines = Array.from({ length: 1_001 }, (_, index) => ({ op: 'team.create', team: `team-${index}` }));
    const first = await send(orgId, linesOf(...lines), { 'Idempotency-Key': 'import' });
    assert.deepEqual(first.body, { applied: 1_001, skipped: [], revision: 4 });
    assert.deepEqual((await send(orgId, linesOf(...lines), { 'Idempotency-Key': 'import' })).body, first.body);
  });

  it('[W6] fails when the organization has changed', async () => {
    const orgId = await anOrganization();
    const { status } = await send(orgId, linesOf({ op: 'team.create', team: 'late' }), { 'If-Match': '0' });
    assert.equal(status, 412);
    assert.equal((await readState(orgId)).recordsOf('team').size, 0);
  });

  it('creates each user once in several concurrent imports', async () => {
    const organizations = [await anOrganization(), await anOrganization(), await anOrganization()];
    const logins = Array.from({ length: 400 }, (_, index) => `shared-${index}`);
    const shuffled = [logins, logins.toReversed(), [...logins.slice(200), ...logins.slice(0, 200)]];
    const answers = await Promise.all(
      organizations.map((orgId, index) =>
        send(orgId, linesOf(...shuffled[index]!.map((login) => ({ op: 'member.add', login, role: 'member' })))),
      ),
    );
    assert.deepEqual(
      answers.map(({ status, body }) => [status, body.applied]),
      Array.from({ length: 3 }, () => [200, 400]),
    );
    const users = await server.services.db.selectFrom('users').select('id').where('email', 'like', 'shared-%').execute();
    assert.equal(users.length, 400);
  });

  it('accepts JSON Lines only', async () => {
    const orgId = await anOrganization();
    const asJson = await server.operate('POST', `/organizations/${orgId}/import/`, { op: 'team.create', team: 'x' });
    assert.equal(asJson.status, 415);
    assert.equal((await send('none', '')).status, 404);
  });
});
