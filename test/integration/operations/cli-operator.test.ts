import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { eventually } from '../../support/eventually.ts';
import { anAccount, logIn } from '../../support/log-in.ts';
import { assertRefused, type Ended } from '../../support/run-command.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';
import { runInProcess } from '../../support/run-in-process.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('the command line of an operator', () => {
  let server: TestServer;
  let environment: Readonly<Record<string, string>>;

  before(async () => {
    server = await startServer();
    environment = { ROLLCALL_URL: server.url, OPERATOR_TOKEN: server.operatorToken };
    await server.operate('POST', '/users/', { email: 'ada@example.com', name: 'Ada', externalId: '00u1' });
  });
  after(() => server?.stop());

  const rollcall = (...args: string[]) => runInProcess(args, environment);
  const rows = ({ code, stdout, stderr }: Ended) => {
    assert.deepEqual([code, stderr], [0, '']);
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
  };
  const records = ({ code, stdout, stderr }: Ended) => {
    assert.deepEqual([code, stderr], [0, '']);
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  };

  it('reads the token from the file that OPERATOR_TOKEN_FILE names', async () => {
    const file = path.join(makeTemporaryDirectory('token'), 'token');
    writeFileSync(file, `${server.operatorToken}\n`);
    const list = (settings: Readonly<Record<string, string>>) => runInProcess(['users', 'list'], { ROLLCALL_URL: server.url, ...settings });
    assert.match((await list({ OPERATOR_TOKEN_FILE: file })).stdout, /ada@example\.com/);
    // A file of the server alone, which this command does not need.
    assert.match((await list({ OPERATOR_TOKEN_FILE: file, SECRET_FILE: '/nowhere' })).stdout, /ada@example\.com/);
    assertRefused(
      await list({ OPERATOR_TOKEN_FILE: '/nowhere' }),
      /OPERATOR_TOKEN_FILE names a file that cannot be read: there is no such file\./,
    );
    assertRefused(
      await list({ ...environment, OPERATOR_TOKEN_FILE: file }),
      /OPERATOR_TOKEN and OPERATOR_TOKEN_FILE must not be set together/,
    );
  });

  it('creates, changes, lists and erases users', async () => {
    const created = await rollcall('users', 'create', 'grace@example.com', '--name', 'Grace', '--external-id', '00u2');
    assert.match(created.stdout, /^Created user \d+ \(grace@example\.com\)\.\n$/);
    assertRefused(await rollcall('users', 'create', 'grace@example.com'), /cannot be created: the server returned status 409/);
    assertRefused(await rollcall('users', 'create', 'grace'), /status 400 \(email: Enter a valid email address\.\)/);

    const [grace] = records(await rollcall('users', 'update', 'grace@example.com', '--email', 'hopper@example.com', '--disable', '--json'));
    assert.deepEqual([grace.email, grace.isActive, grace.name], ['hopper@example.com', false, 'Grace']);
    assert.deepEqual(rows(await rollcall('users', 'list', '--query', 'externalId:00u2')), [
      ['ID', 'EMAIL', 'NAME', 'STATE', '2FA', 'EXTERNAL ID'],
      [grace.id, 'hopper@example.com', 'Grace', 'disabled', 'no', '00u2'],
    ]);

    const upserted = await rollcall('users', 'update', 'external:00u3', '--email', 'edsger@example.com');
    assert.match(upserted.stdout, /^Created user/);
    assertRefused(await rollcall('users', 'erase', 'external:00u3'), /will be erased, except in backups\. Add --yes to confirm/);
    const erasure = await rollcall('users', 'erase', 'external:00u3', '--yes');
    const [, erasedId] = /^The erasure of user (\d+) is accepted\./.exec(erasure.stdout)!;
    await eventually(async () => assert.match((await rollcall('users', 'erasure', erasedId!)).stdout, /The erasure is complete\./));
    assertRefused(await rollcall('users', 'show', 'external:00u3'), /external:00u3 cannot be read: the server returned status 404/);
    assertRefused(await rollcall('users', 'show', 'edsger@example.com'), /There is no user with the address edsger@example\.com/);
  });

  it('ends the sessions of a user, and asks before it ends those of all users', async () => {
    const sessionStatus = async (cookie: string) => (await server.request('GET', '/api/0/organizations/', { cookie })).status;
    const account = await anAccount(server);
    const cookie = await logIn(server, account);
    assertRefused(await rollcall('sessions', 'end', '--all'), /: All sessions will end, .*\. Sessions: 1, users: 1\. Add --yes to confirm/);
    assert.equal(await sessionStatus(cookie), 200);
    assert.match((await rollcall('sessions', 'end', account.email)).stdout, /^Sessions of account-\d+@example\.com that ended: 1\.\n$/);
    await eventually(async () => assert.equal(await sessionStatus(cookie), 401));
    await server.operate('POST', `/users/${account.id}/tokens/`, { scopes: ['org:read'] });
    assert.match((await rollcall('sessions', 'end', account.id, '--tokens')).stdout, /ended: 0\. Tokens that were revoked: 1\.\n$/);
    assertRefused(await rollcall('sessions', 'end', 'absent@example.com'), /There is no user with the address/);
  });

  it('creates, changes, lists and removes organizations and their members', async () => {
    const created = await rollcall('orgs', 'create', 'Acme', '--owner', 'ada@example.com', '--external-id', '42');
    assert.match(created.stdout, /^Created organization \d+ \(acme\)\.\n$/);
    assert.match((await rollcall('orgs', 'update', 'external:42', '--name', 'Acme Corporation')).stdout, /^Updated organization/);
    const [, acme] = rows(await rollcall('orgs', 'list', '--query', 'slug:acme'));
    assert.deepEqual(acme!.slice(1, 4), ['acme', 'Acme Corporation', 'active']);

    await server.operate('POST', '/users/', { email: 'barbara@example.com', externalId: '00u4' });
    const added = await rollcall('members', 'create', 'acme', 'external:00u4', '--role', 'manager');
    assert.equal(added.stdout, 'Added external:00u4 to acme as manager.\n');
    assertRefused(await rollcall('members', 'create', 'acme', 'external:00u4'), /status 409/);
    const changed = await rollcall('members', 'update', 'acme', 'barbara@example.com', '--role', 'admin', '--teams', '');
    assert.equal(changed.stdout, 'barbara@example.com is admin of acme, on no team.\n');
    assertRefused(
      await rollcall('members', 'update', 'acme', 'ada@example.com', '--role', 'member'),
      /status 409 \(The user is the only owner/,
    );

    const members = rows(await rollcall('members', 'list', 'acme')).map((row) => row.slice(2, 6));
    assert.deepEqual(members.slice(1), [
      ['ada@example.com', 'Ada', 'owner', 'active'],
      ['barbara@example.com', 'barbara@example.com', 'admin', 'active'],
    ]);
    assertRefused(await rollcall('members', 'remove', 'acme', 'external:00u4'), /will lose access to acme\. Add --yes to confirm/);
    assert.equal((await rollcall('members', 'remove', 'acme', 'external:00u4', '--yes')).stdout, 'Removed external:00u4 from acme.\n');
    assert.equal(rows(await rollcall('members', 'list', 'acme')).length, 2);

    assertRefused(await rollcall('orgs', 'remove', 'acme'), /In 24 hours, acme and all its data will be deleted .* Add --yes to confirm/);
    assert.match((await rollcall('orgs', 'remove', 'acme', '--yes')).stdout, /^Marked acme for deletion\./);
    assert.equal(records(await rollcall('orgs', 'show', 'external:42', '--json'))[0].status.id, 'pending_deletion');
    assert.match((await rollcall('orgs', 'restore', 'acme')).stdout, /^Restored organization \d+ \(acme\)\.\n$/);
    assert.equal(records(await rollcall('orgs', 'show', 'acme', '--json'))[0].status.id, 'active');
    assertRefused(await rollcall('orgs', 'restore', 'absent'), /absent cannot be restored: the server returned status 404/);
  });

  it('lists more than a page, up to a limit', async () => {
    const ids = Array.from({ length: 120 }, (_, index) => `page-${index}`);
    for (const id of ids) await server.operate('POST', '/users/', { email: `${id}@example.com` });
    const all = records(await rollcall('users', 'list', '--query', 'page-', '--json'));
    assert.deepEqual(
      all.map(({ email }) => email),
      ids.map((id) => `${id}@example.com`),
    );
    assert.equal(rows(await rollcall('users', 'list', '--limit', '110')).length, 111);
  });

  it('creates, lists and revokes tokens of users and of services', async () => {
    const user = (await server.operate('POST', '/users/', { email: 'katherine@example.com', externalId: '00u5' })).body;
    const created = await rollcall('tokens', 'create', 'laptop', '--user', 'katherine@example.com', '--scopes', 'org:read', 'member:read');
    assert.equal(created.code, 0);
    const token = created.stdout.trim();
    const session = await server.request('GET', '/api/0/auth/', { token });
    assert.equal(session.body.id, user.id, 'the token belongs to the user');
    const [id, name, end, scopes] = rows(await rollcall('tokens', 'list', '--user', 'external:00u5'))[1]!;
    assert.deepEqual([name, end, scopes], ['laptop', `…${token.slice(-4)}`, 'member:read,org:read']);
    const revoked = await rollcall('tokens', 'revoke', id!, '--user', user.id, '--yes');
    assert.equal(revoked.stdout, `Token ${id} was revoked.\n`);
    assert.equal((await server.request('GET', '/api/0/auth/', { token })).status, 401);

    assert.equal((await rollcall('tokens', 'create', 'billing', '--service', '--collections', 'members')).code, 0);
    assert.equal(rows(await rollcall('tokens', 'list'))[1]![3], 'members');
  });

  it('creates, lists and revokes operator tokens, which work in place of OPERATOR_TOKEN', async () => {
    const expires = ['--expires', new Date(Date.now() + 3_600_000).toISOString()];
    const created = await rollcall('operator-tokens', 'create', 'mirror', '--scopes', 'operator:provision', ...expires);
    assert.equal(created.code, 0, created.stderr);
    assert.match(created.stdout, /^rcop_[0-9a-f]{64}\n$/);
    assert.match(created.stderr, /^Token \d+ was created\. It expires at \S+, and is shown only once:\n$/);
    assertRefused(
      await rollcall('operator-tokens', 'create', 'mirror', '--scopes', 'operator:read'),
      /cannot be created: the server returned status 409/,
    );
    const [id, name, text, scopes, createdBy] = rows(await rollcall('operator-tokens', 'list'))[1]!;
    assert.deepEqual([name, scopes, createdBy], ['mirror', 'operator:provision', 'bootstrap']);
    assert.equal(text, `…${created.stdout.trim().slice(-4)}`);
    assert.deepEqual(
      records(await rollcall('operator-tokens', 'list', '--json')).map((record) => record.id),
      [id],
    );
    const asMirror = (...args: string[]) => runInProcess(args, { ...environment, OPERATOR_TOKEN: created.stdout.trim() });
    assert.equal((await asMirror('users', 'create', 'ida@example.com')).code, 0);
    assertRefused(await asMirror('sessions', 'end', 'ida@example.com'), /The operator token needs the scope operator:admin/);
    assertRefused(await rollcall('operator-tokens', 'revoke', id!), /--yes/);
    assert.equal((await rollcall('operator-tokens', 'revoke', id!, '--yes')).stdout, `Token ${id} was revoked.\n`);
    assertRefused(await asMirror('users', 'list'), /401|OPERATOR_TOKEN/);
  });

  it('sends the request for a token once, and states that a token may have been created', async () => {
    let requests = 0;
    const broken = createServer((request, response) => {
      if (request.method === 'GET') return response.end('{}');
      requests++;
      request.socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(broken, 'listening');
    try {
      const ROLLCALL_URL = `http://127.0.0.1:${(broken.address() as AddressInfo).port}`;
      const ended = await runInProcess(['tokens', 'create', 'billing', '--service'], { ...environment, ROLLCALL_URL });
      assertRefused(ended, /may have applied the request: .* If rollcall tokens list has a new token "billing", revoke it/);
      assert.equal(requests, 1);
    } finally {
      broken.close();
    }
  });
});
