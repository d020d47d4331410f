import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { claimExport, failExport, finishExport, insertPiece } from '../../../server/src/features/archive/database/exports.ts';
import { type ArchiveLine, anExport, fileOf, fillAudit, importFile, linesOf, statusOf } from '../../support/archives.ts';
import { domainsPath } from '../../support/domains.ts';
import { eventually } from '../../support/eventually.ts';
import { aLoggedInMember, anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { aPerson } from '../../support/provision.ts';
import { startEmbeddedServer, startServer, type TestServer } from '../../support/server.ts';
import { storedRecords } from '../../support/stored-records.ts';
import { aWebhook } from '../../support/webhooks.ts';

/** An organization with people, an invite, teams, projects, a domain and a list of addresses. */
async function aFilledOrganization(server: TestServer): Promise<OrgWithOwner> {
  const org = await anOrgWithOwner(server);
  const call = async (method: string, path: string, body: object) => {
    const answer = await server.request(method, `/api/0${path}`, { cookie: org.cookie, body });
    assert.ok(answer.status < 300, `${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const manager = await aLoggedInMember(server, org, 'manager');
  await aLoggedInMember(server, org);
  await call('POST', `/organizations/${org.slug}/teams/`, { slug: 'web', name: 'Web' });
  await call('POST', `/organizations/${org.slug}/teams/`, { slug: 'ops', name: 'Ops' });
  await call('POST', `/organizations/${org.slug}/members/`, { email: 'invited@example.com', orgRole: 'member', teams: ['web'] });
  await call('POST', `/organizations/${org.slug}/members/${manager.memberId}/teams/ops/`, {});
  await call('POST', `/teams/${org.slug}/web/projects/`, { name: 'Frontend', slug: 'frontend', platform: 'node' });
  await call('PUT', `/organizations/${org.slug}/`, { name: 'Filled' });
  await call('POST', domainsPath(org).slice('/api/0'.length), { domain: 'filled.example', role: 'owned' });
  const rules = [{ cidr: '127.0.0.0/8', description: 'here', expiresAt: null }];
  await call('PUT', `/organizations/${org.slug}/ip-allow-list/`, { isEnabled: true, rules });
  return org;
}

/** The state that a file has, without ids, times and what depends on the person. */
function stateIn(lines: readonly ArchiveLine[]) {
  const of = (kind: string) => lines.filter((line) => line.kind === kind).map(({ record }) => record);
  const slugs = new Map([...of('team'), ...of('project')].map(({ id, slug }) => [id, slug]));
  const emails = new Map(of('member').map(({ id, email, user }) => [id, user?.email ?? email]));
  const sorted = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort();
  return {
    members: sorted(of('member').map(({ id, orgRole }) => [emails.get(id), orgRole])),
    teams: sorted(of('team').map(({ id: _, ...team }) => team)),
    memberships: sorted(of('team-member').map(({ teamId, memberId }) => [slugs.get(teamId), emails.get(memberId)])),
    projects: sorted(of('project').map(({ id: _, ...project }) => project)),
    grants: sorted(of('project-team').map(({ projectId, teamId }) => [slugs.get(projectId), slugs.get(teamId)])),
    keys: sorted(of('project-key').map(({ id: _, projectId, ...key }) => [slugs.get(projectId), key])),
    settings: sorted(of('project-settings').map(({ id, ...settings }) => [slugs.get(id), settings])),
    rules: of('ip-allow-list').flatMap(({ rules }) => rules.map(({ id: _, ...rule }: { id: string }) => rule)),
    domains: of('verified-domain').map(({ domain, role }) => [domain, role]),
    webhooks: of('webhook').map(({ url, description, eventTypes, scopes }) => [url, description, eventTypes, scopes]),
    organization: of('organization').map(({ id: _, slug: __, ...organization }) => organization),
  };
}

describe('exports of organizations', () => {
  let server: TestServer;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  it('[13.16] [S-51] contain the whole state with counts and a digest, and no secret', async () => {
    const org = await aFilledOrganization(server);
    const webhook = await aWebhook(server, org);
    const file = await anExport(server, org.id, { history: true });
    const lines = linesOf(file);
    const header = lines[0];
    const text = gunzipSync(file).toString();
    const before = text.slice(0, text.lastIndexOf('{"sha256"'));
    assert.deepEqual(lines.at(-1), { sha256: createHash('sha256').update(before).digest('hex') });
    assert.equal(header.format, 'rollcall-export/1');
    const { identities, ...counts } = header.counts;
    assert.equal(identities, 0);
    for (const [kind, count] of Object.entries(counts)) {
      const found = lines.slice(1, -1).filter((line) => (kind === 'audit' || kind === 'entry' ? kind in line : line.kind === kind));
      assert.equal(found.length, count, kind);
    }
    assert.equal(counts.member, 4);
    assert.equal(counts.entry, header.revision, 'a revision is missing');
    assert.ok(counts.audit > 8, `${counts.audit} audit entries`);
    const { rows } = await sql<{ secret: string }>`
      SELECT password_hash AS secret FROM users WHERE password_hash IS NOT NULL UNION ALL SELECT token_hash FROM sessions
      UNION ALL SELECT invite_token_hash FROM members WHERE invite_token_hash IS NOT NULL
      UNION ALL SELECT invite_token_nonce FROM members WHERE invite_token_nonce IS NOT NULL`.execute(server.services.db);
    for (const { secret } of rows) assert.ok(!text.includes(secret), 'a secret is in the file');
    assert.doesNotMatch(text, /whsec_/);
    assert.ok(text.includes(webhook.id), 'the webhook is missing');
  });

  it('[13.16] [V5.4.1] [V5.4.2] an owner with a recent login requests one per hour, with an audit entry and mails to the owners', async () => {
    const org = await anOrgWithOwner(server);
    const path = `/api/0/organizations/${org.slug}/export/`;
    const requested = await server.request('POST', path, { cookie: org.cookie, body: {} });
    assert.equal(requested.status, 202);
    const again = await server.request('POST', path, { cookie: org.cookie, body: {} });
    assert.deepEqual([again.status, again.body], [429, { detail: 'An organization can be exported once an hour.' }]);
    assert.ok(Number(again.headers.get('retry-after')) > 3_500, 'the delay is too short');
    const { rows } = await sql`SELECT 1 FROM audit_entries WHERE organization_id = ${org.id} AND event = 'org.export'`.execute(
      server.services.db,
    );
    assert.equal(rows.length, 1);
    await eventually(async () => assert.equal(await statusOf(server, org.id, requested.body.id), 'done'));
    const file = await fetch(`${server.url}${path}${requested.body.id}/`, { headers: { Cookie: org.cookie } });
    assert.equal(file.status, 200);
    assert.match(file.headers.get('content-disposition')!, /^attachment; filename="[a-z0-9-]+-\d+\.jsonl\.gz"$/);
    assert.equal(linesOf(Buffer.from(await file.arrayBuffer()))[0].organization.id, org.id);
  });

  it('[13.16] start again after an attempt that did not end', async () => {
    const org = await anOrgWithOwner(server);
    const { db } = server.services;
    const id = '999999';
    await sql`INSERT INTO exports (id, organization_id, with_history, date_created, expires_at, attempts) VALUES
      (${id}, ${org.id}, false, now(), now() + interval '1 day', 1)`.execute(db);
    await eventually(async () => assert.equal(await statusOf(server, org.id, id), 'done'));
    const { rows } = await sql<{ number: number }>`SELECT number FROM export_pieces WHERE export_id = ${id} ORDER BY number`.execute(db);
    assert.deepEqual(rows, [{ number: 0 }]);
  });

  it('[13.16] let only the instance that holds the claim write the file', async () => {
    const org = await anOrgWithOwner(server);
    const { db } = server.services;
    const id = '999998';
    // The exports of the server itself find no export, because each is claimed before its commit.
    const [former, present] = await db.transaction().execute(async (tx) => {
      await sql`INSERT INTO exports (id, organization_id, with_history, date_created, expires_at) VALUES
        (${id}, ${org.id}, false, now(), now() + interval '1 day')`.execute(tx);
      const first = await claimExport(tx);
      assert.ok(first && (await insertPiece(tx, first, 0, Buffer.from('former'))));
      await sql`UPDATE exports SET leased_until = clock_timestamp() WHERE id = ${id}`.execute(tx);
      return [first, await claimExport(tx)] as const;
    });
    assert.ok(present);
    const finished = { revision: 1, counts: {}, sha256: '', bytes: 7 };
    assert.equal(await insertPiece(db, former, 0, Buffer.from('former')), false);
    assert.equal(await insertPiece(db, present, 0, Buffer.from('present')), true);
    await failExport(db, former, 'late');
    assert.equal(await finishExport(db, former, finished), false);
    assert.equal(await statusOf(server, org.id, id), 'running');
    assert.equal(await finishExport(db, present, finished), true);
    const { rows } = await sql<{
      text: string;
    }>`SELECT convert_from(bytes, 'UTF8') AS text FROM export_pieces WHERE export_id = ${id}`.execute(db);
    assert.deepEqual(rows, [{ text: 'present' }]);
  });

  it('[13.16] count entries of the log after its floor only, although older ones are not deleted yet', async () => {
    const org = await aFilledOrganization(server);
    await sql`UPDATE org_heads SET floor_revision = 3 WHERE organization_id = ${org.id}`.execute(server.services.db);
    const lines = linesOf(await anExport(server, org.id, { history: true }));
    const { counts, revision } = lines[0];
    assert.deepEqual([counts.entry, lines.filter((line) => 'entry' in line).length], [revision - 3, revision - 3]);
  });

  it('[13.16] end after a day', async () => {
    const org = await anOrgWithOwner(server);
    await anExport(server, org.id);
    await sql`UPDATE exports SET expires_at = now() WHERE organization_id = ${org.id}`.execute(server.services.db);
    await eventually(async () => {
      const { rows } = await sql`SELECT 1 FROM exports WHERE organization_id = ${org.id}`.execute(server.services.db);
      assert.equal(rows.length, 0);
    });
  });
});

describe('exports of organizations on the embedded database', function () {
  this.timeout(120_000);
  let server: TestServer;

  before(async () => {
    server = await startEmbeddedServer();
  });
  after(() => server?.stop());

  it('[13.16] let other requests through, and fail with a reason if the organization changes during each attempt', async () => {
    const org = await anOrgWithOwner(server);
    await fillAudit(server, org.id, 1_500);
    const requested = await server.operate('POST', `/organizations/${org.id}/export/`, {});
    assert.equal(requested.status, 202);
    // Leaves two of the five attempts.
    await sql`UPDATE exports SET attempts = attempts + 3 WHERE id = ${requested.body.id}`.execute(server.services.db);
    for (let count = 0; (await statusOf(server, org.id, requested.body.id)) === 'running'; count++) {
      const { status } = await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, {
        cookie: org.cookie,
        body: { slug: `team-${count}` },
      });
      assert.equal(status, 201);
    }
    const { body } = await server.operate('GET', `/organizations/${org.id}/export/`);
    assert.deepEqual(
      [body[0].status, body[0].error],
      ['failed', 'The organization changed while the server wrote the file. Request the export again when there are fewer changes.'],
    );
    const lines = linesOf(await anExport(server, org.id));
    assert.equal(lines.filter((line) => 'audit' in line).length, lines[0].counts.audit);
    assert.equal(lines.filter(({ kind }) => kind === 'team').length, lines[0].counts.team);
  });
});

describe('imports of organizations', () => {
  let server: TestServer;
  let file: Buffer;
  let lines: ArchiveLine[];
  let ownerId: string;

  before(async () => {
    server = await startServer();
    const org = await aFilledOrganization(server);
    await aWebhook(server, org);
    file = await anExport(server, org.id);
    lines = linesOf(file).slice(0, -1);
    ownerId = org.owner.userId;
    await server.operate('DELETE', `/organizations/${org.id}/`);
  });
  after(() => server?.stop());

  const countOrganizations = async () => {
    const { rows } = await sql<{ count: number }>`SELECT count(*)::int AS count FROM organizations`.execute(server.services.db);
    return rows[0]!.count;
  };

  it('[13.16] create the same records with new ids, and people as invites with their roles and teams', async () => {
    const { status, body } = await importFile(server, file, ownerId);
    assert.equal(status, 201, JSON.stringify(body));
    assert.deepEqual([body.revision, body.skipped, body.counts.member, body.counts.webhook], [1, { audit: lines[0].counts.audit }, 4, 1]);
    const imported = linesOf(await anExport(server, body.organization.id));
    assert.deepEqual(stateIn(imported), stateIn(lines));
    const members = imported.filter(({ kind }) => kind === 'member').map(({ record }) => record);
    assert.deepEqual(
      members.filter(({ user }) => user !== null).map(({ user, orgRole }) => [user.id, orgRole]),
      [[ownerId, 'owner']],
    );
    assert.ok(
      members.every(({ pending, user }) => pending === (user === null)),
      'a person is a member at once',
    );
    const ids = new Set(lines.filter(({ kind }) => kind !== 'organization').map(({ id }) => id));
    assert.ok(stateIn(lines).rules.length + stateIn(lines).domains.length + stateIn(lines).webhooks.length === 3, 'nothing to compare');
    for (const line of imported)
      assert.ok(!('kind' in line) || line.kind === 'organization' || !ids.has(line.id), `${line.kind} ${line.id} has its old id`);
    const { rows } = await sql`SELECT 1 FROM mail_outbox WHERE template = 'invitation' AND params ->> 'orgName' = 'Filled'`.execute(
      server.services.db,
    );
    assert.equal(rows.length, 0, 'an invitation was mailed');
  });

  it('[13.16] choose a slug with a number if that of the file is taken', async () => {
    const first = await importFile(server, file, ownerId);
    const second = await importFile(server, file, ownerId);
    assert.deepEqual([first.status, second.status], [201, 201]);
    assert.notEqual(first.body.organization.slug, second.body.organization.slug);
    assert.match(second.body.organization.slug, /-\d+$/);
  });

  it('[13.16] [S-57] refuse a changed byte, a missing line and ids that the file does not contain, and write nothing', async () => {
    const before = await countOrganizations();
    const text = gunzipSync(file).toString();
    const membership = lines.findIndex(({ kind }) => kind === 'team-member');
    const foreign = lines.map((line, index) => (index === membership ? { ...line, record: { ...line.record, teamId: '1' } } : line));
    const cases: readonly (readonly [string, Buffer, RegExp])[] = [
      ['a changed byte', gzipSync(text.replace('"Frontend"', '"Frontenc"')), /digest in the last line differs/],
      ['a missing end', gzipSync(text.slice(0, text.lastIndexOf('{"sha256"'))), /the last line is not its digest/],
      ['a missing line', fileOf(lines.filter(({ kind }) => kind !== 'project-key')), /The header names 1 lines of "project-key"/],
      ['ids of another organization', fileOf(foreign), /refers to the team 1, which is not in the file/],
      ['a record twice', fileOf([...lines, lines[1]]), /occurs twice/],
      [
        'an unknown role',
        fileOf(lines.map((line) => (line.kind === 'member' ? { ...line, record: { ...line.record, orgRole: 'root' } } : line))),
        /orgRole/,
      ],
      [
        'a character that cannot be stored',
        fileOf(lines.map((line) => (line.kind === 'team' ? { ...line, record: { ...line.record, name: '\u0000' } } : line))),
        /cannot be stored/,
      ],
      ['no gzip', Buffer.from(text), /not compressed by gzip/],
      ['a cut file', file.subarray(0, file.length - 20), /not compressed by gzip, or it is damaged/],
      ['another format', fileOf([{ ...lines[0], format: 'rollcall-export/2' }, ...lines.slice(1)]), /must be rollcall-export\/1/],
      ['nothing', gzipSync(''), /The file is empty/],
    ];
    for (const [what, bytes, problem] of cases) {
      const { status, body } = await importFile(server, bytes, ownerId);
      assert.equal(status, 400, `${what}: ${JSON.stringify(body)}`);
      assert.match(body.detail, problem, what);
    }
    const unknownOwner = await importFile(server, file, '999999');
    assert.deepEqual([unknownOwner.status, Object.keys(unknownOwner.body)], [400, ['owner']]);
    assert.equal(await countOrganizations(), before);
  });

  it('[13.16] refuse an owner who is disabled', async () => {
    const before = await countOrganizations();
    const { userId } = await aPerson(server);
    await server.operate('PUT', `/users/${userId}/`, { isActive: false });
    const { status, body } = await importFile(server, file, userId);
    assert.deepEqual([status, body], [400, { owner: ['The user is disabled. Choose an owner who can log in.'] }]);
    assert.equal(await countOrganizations(), before);
  });

  it('[13.16] refuse roles that are retired on this server, with a line for each', async () => {
    const strict = await startServer({ RETIRED_ROLES: 'admin manager' });
    try {
      const { userId } = await aPerson(strict);
      const withRole = (orgRole: string) =>
        fileOf(
          lines.map((line) =>
            line.kind === 'member' && line.record.orgRole === 'manager' ? { ...line, record: { ...line.record, orgRole } } : line,
          ),
        );
      const withDefault = (defaultRole: string) =>
        fileOf(lines.map((line) => (line.kind === 'organization' ? { ...line, record: { ...line.record, defaultRole } } : line)));
      const retired = (role: string) => `The role '${role}' is deprecated and may no longer be assigned.`;
      for (const [bytes, roles] of [
        [file, ['manager']],
        [withDefault('admin'), ['admin', 'manager']],
      ] as const) {
        const { status, body } = await importFile(strict, bytes, userId);
        assert.deepEqual([status, body], [400, { file: roles.map(retired) }]);
      }
      assert.equal((await importFile(strict, withRole('member'), userId)).status, 201);
    } finally {
      await strict.stop();
    }
  });

  it('[13.16] [S-57] [V5.2.3] refuse 10 GiB of zeros after reading a part of them', async () => {
    const zeros = gzipSync(Buffer.alloc(16 * 1024 * 1024));
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 16;
        if (sent <= 10 * 1024) controller.enqueue(zeros);
        else controller.close();
      },
    });
    const before = process.memoryUsage().rss;
    const { status, body: refusal } = await importFile(server, body, ownerId).catch(() => ({
      status: 413,
      body: { detail: 'the connection ended' },
    }));
    assert.equal(status, 413, JSON.stringify(refusal));
    assert.ok(sent < 10 * 1024, 'all of it was read');
    const grown = (process.memoryUsage().rss - before) / 2 ** 20;
    assert.ok(grown < 500, `grown by ${Math.round(grown)} MB`);
  });

  it('[13.16] [S-57] leave everything switched off that gives access or sends data', async () => {
    const { body } = await importFile(server, file, (await aPerson(server)).userId);
    const imported = linesOf(await anExport(server, body.organization.id));
    const only = (kind: string) => imported.find((line) => line.kind === kind)!.record;
    assert.equal(only('ip-allow-list').isEnabled, false);
    assert.deepEqual([only('verified-domain').status, only('verified-domain').dateVerified], ['pending', null]);
    assert.deepEqual([only('webhook').status, only('webhook').createdBy], ['disabled', null]);
    const { rows } = await sql<{ active: boolean[]; providers: number; secrets: number }>`SELECT
      (SELECT array_agg(is_active) FROM log_consumers WHERE organization_id = ${body.organization.id}) AS active,
      (SELECT count(*) FROM auth_providers WHERE organization_id = ${body.organization.id})::int AS providers,
      (SELECT count(*) FROM org_secrets WHERE organization_id = ${body.organization.id})::int AS secrets`.execute(server.services.db);
    assert.deepEqual(rows[0], { active: [false], providers: 0, secrets: 1 });
  });

  it('[13.16] save the rules of the address list in their normal form, each once', async () => {
    const rule = { id: '1', description: '', expiresAt: null };
    const rules = ['::ffff:10.0.0.0/104', '2001:DB8::/32', '2001:db8::/32'].map((cidr) => ({ ...rule, cidr }));
    const changed = lines.map((line) => (line.kind === 'ip-allow-list' ? { ...line, record: { ...line.record, rules } } : line));
    const { status, body } = await importFile(server, fileOf(changed), ownerId);
    assert.equal(status, 201, JSON.stringify(body));
    const [list] = await storedRecords(server, body.organization.id, 'ip-allow-list');
    assert.deepEqual(
      (list!.rules as unknown as { cidr: string }[]).map(({ cidr }) => cidr),
      ['10.0.0.0/8', '2001:db8::/32'],
    );
  });

  it('[13.16] refuse addresses, domains and webhooks that the server would not accept from an owner', async () => {
    const before = await countOrganizations();
    const changed = (kind: string, fields: object) =>
      fileOf(lines.map((line) => (line.kind === kind ? { ...line, record: { ...line.record, ...fields } } : line)));
    const rule = { id: '1', cidr: '10.1.2.3/8', description: '', expiresAt: null };
    const cases: readonly (readonly [Buffer, RegExp])[] = [
      [changed('ip-allow-list', { rules: [rule] }), /Did you mean 10\.0\.0\.0\/8\?/],
      [changed('ip-allow-list', { rules: [{ ...rule, cidr: '10.0.0.0/8', description: 'x'.repeat(101) }] }), /rules: /],
      [changed('verified-domain', { domain: 'Not A Domain' }), /domain: it is not a domain name/],
      [changed('webhook', { url: 'file:///etc/passwd' }), /url: it is not a URL of a receiver/],
      [changed('webhook', { eventTypes: ['no.such'] }), /eventTypes: there is no such event/],
      [changed('webhook', { description: 'x'.repeat(201) }), /description: it has more than 200 characters/],
      [fileOf(webhooks(21)), /An organization has at most 20 records of the kind "webhook"/],
    ];
    for (const [bytes, expected] of cases) {
      const { status, body } = await importFile(server, bytes, ownerId);
      assert.equal(status, 400, String(expected));
      assert.match(body.detail, expected);
    }
    assert.equal(await countOrganizations(), before);
  });

  function webhooks(count: number): ArchiveLine[] {
    const [header, ...rest] = lines;
    const webhook = rest.find(({ kind }) => kind === 'webhook')!;
    const all = Array.from({ length: count }, (_, index) => ({
      ...webhook,
      id: `${index + 1}`,
      record: { ...webhook.record, id: `${index + 1}` },
    }));
    return [{ ...header, counts: { ...header.counts, webhook: count } }, ...rest.filter(({ kind }) => kind !== 'webhook'), ...all];
  }
});
