import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '../../support/eventually.ts';
import { aDirectory, type Directory, type Mirror, startMirror } from '../../support/mirror-example.ts';
import { lockOut } from '../../support/security-records.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('the example that mirrors an identity system, with a file that is not complete', () => {
  let server: TestServer;
  let mirror: Mirror;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(() => {
    mirror = startMirror(server);
  });

  /** Everything of the server that the program could remove. */
  async function stored() {
    const users = await server.services.db.selectFrom('users').select(['external_id', 'is_active']).orderBy('id').execute();
    const organizations = await server.services.db.selectFrom('organizations').select(['external_id', 'status']).orderBy('id').execute();
    const members = await server.services.db.selectFrom('members').select(['organization_id', 'user_id']).orderBy('id').execute();
    return { users, organizations, members };
  }

  async function assertRefused(run: Promise<string>, reason: RegExp): Promise<void> {
    await assert.rejects(run, (error: Error & { code: number; stdout: string; stderr: string }) => {
      assert.equal(error.code, 1);
      assert.match(error.stderr, reason);
      assert.match(error.stdout, /^users: 0 created, 0 changed, 0 removed$/m);
      assert.match(error.stdout, /^refused: 1$/m);
      return true;
    });
  }

  const whole = aDirectory(20);
  const [acme] = whole.organizations as [Directory['organizations'][0]];
  const withMembers = (members: unknown) => JSON.stringify({ ...whole, organizations: [{ ...acme, members }] });
  const refused: readonly (readonly [what: string, text: string, reason: RegExp])[] = [
    ['no bytes', '', /is empty/],
    ['spaces', ' \n', /is empty/],
    ['an empty object', '{}', /"users" must be a list that is not empty/],
    ['null', 'null', /must be an object/],
    ['a list', '[]', /must be an object/],
    ['empty lists', '{"users": [], "organizations": []}', /"users" must be a list that is not empty/],
    ['no organizations', JSON.stringify({ users: whole.users }), /"organizations" must be a list/],
    ['no users', JSON.stringify({ organizations: whole.organizations }), /"users" must be a list/],
    ['the first half of its bytes', JSON.stringify(whole).slice(0, 600), /cut off/],
    ['users without ids', JSON.stringify({ ...whole, users: [{ email: 'a@example.com' }] }), /users\[0\]\.id/],
    ['users without addresses', JSON.stringify({ ...whole, users: [{ id: 'a' }] }), /users\[0\]\.email/],
    ['an organization without a list of members', withMembers(undefined), /members must be a list/],
    ['an organization without members', withMembers([]), /must contain an owner/],
    ['an organization without an owner', withMembers(acme.members.slice(1)), /must contain an owner/],
    ['members without roles', withMembers(acme.members.map(({ id }, at) => (at === 0 ? acme.members[0] : { id }))), /orgRole/],
    ['members who are no users', JSON.stringify({ ...whole, users: whole.users.slice(0, 10) }), /must be the id of a user/],
    ['a user twice', JSON.stringify({ ...whole, users: [...whole.users, whole.users[0]] }), /repetition/],
  ];
  it('[S-63] changes nothing by an empty, cut off or incomplete file, and prints why', async () => {
    await mirror.run(whole);
    const before = await stored();
    for (const [what, text, reason] of refused) {
      await assertRefused(mirror.runText(text), reason).catch((error) => assert.fail(`${what}: ${error}`));
      assert.deepEqual(await stored(), before, what);
    }
  });

  it('[S-63] changes nothing by a file with all users and only the owner of the organization', async () => {
    await mirror.run(whole);
    const before = await stored();
    const onlyOwner = { ...whole, organizations: [{ ...acme, members: acme.members.slice(0, 1) }] };
    await assertRefused(mirror.run(onlyOwner), /memberships in \S+acme: 19 of 20 would be removed, at most 3 may be/);
    assert.deepEqual(await stored(), before);
    await mirror.run(onlyOwner, '--max-removals', '95%');
    assert.equal(Object.keys(await mirror.membersOf('acme')).length, 1);
  });

  it('[S-63] changes nothing by a file that lacks a few members of each of many organizations', async () => {
    const organizations = Array.from({ length: 8 }, (_, at) => ({ ...acme, id: `org-${at}`, members: acme.members.slice(0, 6) }));
    await mirror.run({ ...whole, organizations });
    const before = await stored();
    const few = organizations.map((one) => ({ ...one, members: one.members.slice(0, 4) }));
    await assertRefused(mirror.run({ ...whole, organizations: few }), /memberships in all organizations: 16 of 48/);
    assert.deepEqual(await stored(), before);
  });

  it('[S-63] changes nothing by a file that lacks half of the users or of the organizations', async () => {
    const organizations = Array.from({ length: 4 }, (_, at) => ({ ...acme, id: `org-${at}`, members: acme.members.slice(0, 2) }));
    await mirror.run({ ...whole, organizations });
    const before = await stored();
    await assertRefused(
      mirror.run({ users: whole.users.slice(0, 10), organizations }),
      /users: 10 of 20 would be removed, at most 3 may be/,
    );
    await assertRefused(mirror.run({ ...whole, organizations: organizations.slice(0, 1) }), /organizations: 3 of 4 .* at most 2 may be/);
    assert.deepEqual(await stored(), before);
  });

  it('[S-63] changes nothing by a file that lacks organizations with half of the memberships', async () => {
    const organizations = Array.from({ length: 4 }, (_, at) => ({ ...acme, id: `org-${at}`, members: acme.members.slice(0, 10) }));
    await mirror.run({ ...whole, organizations });
    const before = await stored();
    const half = { ...whole, organizations: organizations.slice(0, 2) };
    await assertRefused(mirror.run(half), /memberships in all organizations: 20 of 40 would be removed, at most 3 may be/);
    assert.deepEqual(await stored(), before);
  });

  it('[S-63] changes nothing by a file in which all users are disabled', async () => {
    await mirror.run(whole);
    const before = await stored();
    const disabled = { ...whole, users: whole.users.map((user) => ({ ...user, isActive: false })) };
    await assertRefused(mirror.run(disabled), /users: 20 of 20 would be removed, at most 3 may be/);
    assert.deepEqual(await stored(), before);
  });

  it('removes exactly the three who are missing in a file of a hundred', async () => {
    const hundred = aDirectory(100);
    await mirror.run(hundred);
    const isKept = ({ id }: { id: string }) => !['user-7', 'user-50', 'user-99'].includes(id);
    const [organization] = hundred.organizations as [Directory['organizations'][0]];
    const output = await mirror.run({
      users: hundred.users.filter(isKept),
      organizations: [{ ...organization, members: organization.members.filter(isKept) }],
    });
    assert.match(
      output,
      /^users: 0 created, 0 changed, 3 removed\norganizations: 0 .*0 removed\nmemberships: 0 .* 3 removed\nrefused: 0$/m,
    );
    const disabled = (await stored()).users.filter(({ external_id: id, is_active }) => id?.startsWith(mirror.prefix) && !is_active);
    assert.deepEqual(disabled.map(({ external_id }) => external_id!.slice(mirror.prefix.length)).sort(), ['user-50', 'user-7', 'user-99']);
    assert.deepEqual(
      Object.keys(await mirror.membersOf('acme')).sort(),
      hundred.users
        .filter(isKept)
        .map(({ id }) => id)
        .sort(),
    );
  });

  it('[S-63] keeps the access of a user whose id has changed, and prints how to move the id', async () => {
    const directory = aDirectory(4);
    await mirror.run(directory);
    const before = await stored();
    const renamed = JSON.stringify(directory).replaceAll('"id":"user-3"', '"id":"new-3"');
    await assert.rejects(mirror.runText(renamed, '--max-removals', '100%'), ({ stdout, stderr }) => {
      assert.match(stderr, /^\S+user-3 stays, because the file has its address with the id \S+new-3\. /m);
      assert.match(stdout, /^users: 0 created, 0 changed, 0 removed\norganizations: .*\nmemberships: 0 created, 0 changed, 0 removed$/m);
      return true;
    });
    assert.deepEqual(await stored(), before);
    const moved = await server.operate('PUT', `/users/${mirror.named('user-3')}/`, { externalId: `${mirror.prefix}new-3` });
    assert.equal(moved.status, 200);
    assert.match(await mirror.runText(renamed), /^refused: 0$/m);
  });

  it('--help prints the options', async () => {
    assert.match(await mirror.run(whole, '--help'), /^Usage: .*\n {2}--dry-run /);
  });

  const mistakes: readonly (readonly [what: string, options: Parameters<Mirror['run']>[1][], reason: RegExp])[] = [
    ['a number without %', ['--max-removals', '20'], /--max-removals must be a percentage, such as 20%, and not 20\./],
    ['more than all', ['--max-removals', '101%'], /--max-removals must be a percentage/],
    ['a misspelt option', ['--dryrun'], /'--dryrun'[\s\S]*^Usage: /m],
    ['two files', ['other.json'], /Give the name of one file\. There are 2\./],
    ['no token', [{ OPERATOR_TOKEN: '' }], /OPERATOR_TOKEN must be/],
    ['an address without a scheme', [{ ROLLCALL_URL: 'rollcall' }], /ROLLCALL_URL must be an address/],
  ];
  it('changes nothing by wrong options, and prints which one is wrong', async () => {
    for (const [what, options, reason] of mistakes)
      await assertRefused(mirror.run(whole, ...options), reason).catch((error) => assert.fail(`${what}: ${error}`));
  });

  it('reads a file that begins with a byte order mark, and a URL that ends with a slash', async () => {
    const output = await mirror.runText(`\uFEFF${JSON.stringify(aDirectory(2))}`, { ROLLCALL_URL: `${server.url}/` });
    assert.match(output, /^refused: 0$/m);
  });

  it('--dry-run prints what it would do, and changes nothing', async () => {
    await mirror.run(whole);
    const before = await stored();
    const output = await mirror.run(
      {
        ...whole,
        users: [...whole.users, { id: 'new', email: `${mirror.prefix}new@example.com`, name: 'New' }],
        organizations: [{ ...acme, members: acme.members.slice(0, 18) }],
      },
      '--dry-run',
    );
    assert.match(output, /^would create or change users: \S+new$/m);
    assert.equal(output.match(/^would remove memberships: /gm)?.length, 2);
    assert.deepEqual(await stored(), before);
  });

  it('[S-63] removes nothing whose external id does not begin with the prefix', async () => {
    await mirror.run(whole);
    const other = startMirror(server);
    await other.run(whole);
    await mirror.run(whole, '--max-removals', '100%');
    assert.equal(Object.keys(await other.membersOf('acme')).length, 20);
    assert.equal(Object.keys(await mirror.membersOf('acme')).length, 20);
  });

  it('[S-63] changes nothing if the server refuses to list what it has', async () => {
    await mirror.run(whole);
    const before = await stored();
    await assertRefused(mirror.run(aDirectory(19), '--max-removals', '100%', { OPERATOR_TOKEN: 'wrong' }), /GET \/users\/: 401/);
    assert.deepEqual(await stored(), before);
  });

  it('[17.24] counts members whom a required second factor locked out', async () => {
    await mirror.run(whole);
    const { id: orgId } = (await server.operate('GET', `/organizations/${mirror.named('acme')}/`)).body;
    const { body } = await server.operate('GET', `/organizations/${orgId}/members/`);
    for (const { id, email, orgRole } of body) if (orgRole !== 'owner') await lockOut(server, orgId, id, email);
    const before = await stored();
    await assertRefused(mirror.run({ ...whole, organizations: [{ ...acme, members: acme.members.slice(0, 1) }] }), /19 of 20/);
    assert.deepEqual(await stored(), before);
  });

  it('continues where a killed run ended', async () => {
    const child: ChildProcess = mirror.spawn(aDirectory(60));
    await eventually(async () => {
      const { users } = await stored();
      assert.ok(users.filter(({ external_id: id }) => id?.startsWith(mirror.prefix)).length > 5, 'some users are mirrored');
    });
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    const output = await mirror.run(aDirectory(60));
    assert.match(output, /^refused: 0$/m);
    assert.equal(Object.keys(await mirror.membersOf('acme')).length, 60);
    assert.match(
      await mirror.run(aDirectory(60)),
      /^users: 0 created, 0 changed, 0 removed\norganizations: 0 .*\nmemberships: 0 created, 0 changed, 0 removed$/m,
    );
  });
});
