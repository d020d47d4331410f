import assert from 'node:assert/strict';
import { type Directory, type Mirror, startMirror } from '../../support/mirror-example.ts';
import { aPerson } from '../../support/provision.ts';
import { lockOut } from '../../support/security-records.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('the example that mirrors an identity system', () => {
  let server: TestServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  let example: Mirror;
  beforeEach(() => {
    example = startMirror(server);
  });
  const mirror = (directory: Directory) => example.run(directory);
  const named = (id: string) => example.named(id);
  const heads = () =>
    server.services.db.selectFrom('org_heads').select(['organization_id', 'revision']).orderBy('organization_id').execute();
  const membersOf = (id: string) => example.membersOf(id);

  it('makes no revision in the second run, and carries over every later change', async () => {
    // One more than a page of users and members.
    const ids = Array.from({ length: 101 }, (_, index) => `idp|${index}`);
    const directory: Directory = {
      users: ids.map((id, index) => ({ id, email: `user-${index}@example.com`, name: `User ${index}` })),
      organizations: [
        { id: 'acme', name: 'Acme', members: ids.map((id, index) => ({ id, orgRole: index === 50 ? 'owner' : 'member' })) },
        { id: 'closed', name: 'Closed', members: [{ id: 'idp|50', orgRole: 'owner' }] },
      ],
    };
    await mirror(directory);
    const first = await heads();
    assert.equal(Object.keys(await membersOf('acme')).length, 100, 'a page');
    await mirror(directory);
    assert.deepEqual(await heads(), first);

    const [acme] = directory.organizations;
    directory.users[1] = { id: 'idp|1', email: 'married@example.com', name: 'Married' };
    directory.users.splice(3, 1);
    acme!.name = 'Acme Corporation';
    acme!.members = acme!.members.filter(({ id }) => id !== 'idp|2' && id !== 'idp|3' && id !== 'idp|100');
    for (const member of acme!.members) member.orgRole = member.id === 'idp|1' ? 'owner' : 'member';
    directory.organizations.pop();
    await mirror(directory);

    const members = await membersOf('acme');
    assert.equal(Object.keys(members).length, 98);
    assert.deepEqual(members['idp|1'], ['Married', 'married@example.com', 'owner']);
    assert.equal(members['idp|50']![2], 'member');
    for (const id of ['idp|2', 'idp|3', 'idp|100']) assert.equal(members[id], undefined);
    assert.equal((await server.operate('GET', `/organizations/${named('acme')}/`)).body.name, 'Acme Corporation');
    assert.equal((await server.operate('GET', `/organizations/${named('closed')}/`)).body.status.id, 'pending_deletion');
    assert.equal((await server.operate('GET', `/users/${named('idp|3')}/`)).body.isActive, false);
    const third = await heads();
    await mirror(directory);
    assert.deepEqual(await heads(), third);
  });

  it('[17.24] removes a member whom a required second factor locked out, and keeps an invite', async () => {
    const users = ['head', 'leaver', 'invitee'].map((id) => ({ id, email: `${id}@example.com`, name: id }));
    const members = users.slice(0, 2).map(({ id }, index) => ({ id, orgRole: index === 0 ? 'owner' : 'member' }));
    const directory: Directory = { users, organizations: [{ id: 'guarded', name: 'Guarded', members }] };
    await mirror(directory);
    const { id: orgId } = (await server.operate('GET', `/organizations/${named('guarded')}/`)).body;
    const path = `/organizations/${orgId}/members/`;
    const emails = async () => (await server.operate('GET', path)).body.map(({ email }: { email: string }) => email).sort();
    const leaver = (await server.operate('GET', path)).body.find(({ email }: { email: string }) => email === 'leaver@example.com');
    await lockOut(server, orgId, leaver.id, leaver.email);
    const owner = (await server.operate('GET', `/users/${named('head')}/`)).body;
    const scopes = ['member:admin'];
    const { token } = (await server.operate('POST', `/users/${owner.id}/tokens/`, { scopes })).body;
    const invited = await server.request('POST', `/api/0/organizations/${orgId}/members/`, {
      token,
      body: { email: 'invitee@example.com' },
    });
    assert.equal(invited.status, 201, JSON.stringify(invited.body));
    assert.deepEqual(await emails(), ['head@example.com', 'invitee@example.com', 'leaver@example.com']);

    members.pop();
    await mirror(directory);
    assert.deepEqual(await emails(), ['head@example.com', 'invitee@example.com']);
  });

  it('restores an organization that is in the file again', async () => {
    const directory: Directory = {
      users: [{ id: 'keeper', email: 'keeper@example.com', name: 'Keeper' }],
      organizations: ['kept', 'cut'].map((id) => ({ id, name: id, members: [{ id: 'keeper', orgRole: 'owner' }] })),
    };
    const statusOfCut = async () => (await server.operate('GET', `/organizations/${named('cut')}/`)).body.status.id;
    await mirror(directory);
    await mirror({ ...directory, organizations: directory.organizations.slice(0, 1) });
    assert.equal(await statusOfCut(), 'pending_deletion');
    await mirror(directory);
    assert.equal(await statusOfCut(), 'active');
  });

  it('continues after each refusal, prints all of them at the end, and exits with code 1', async () => {
    const person = await aPerson(server);
    const directory: Directory = {
      users: ['known', 'former'].map((id) => ({ id, email: `${id}@example.com`, name: id })),
      organizations: ['first', 'second'].map((id) => ({
        id,
        name: id,
        members: [
          { id: 'known', orgRole: 'owner' },
          { id: 'former', orgRole: 'member' },
        ],
      })),
    };
    await mirror(directory);
    // The person registered by an invite, so the address belongs to a user without an external id.
    directory.users = [
      { id: 'registered', email: person.email, name: 'Registered' },
      { id: 'known', email: 'known@example.com', name: 'Known' },
    ];
    for (const { members } of directory.organizations) members.splice(1, 1, { id: 'registered', orgRole: 'member' });
    await assert.rejects(mirror(directory), (error: Error & { code: number; stderr: string }) => {
      const refused = error.stderr.trimEnd().split('\n');
      assert.deepEqual(
        [error.code, refused.map((line) => line.replace(/ \{.*/, ''))],
        [
          1,
          [
            `PUT /users/${named('registered')}/: 409`,
            `PUT /organizations/${named('first')}/members/${named('registered')}/: 404`,
            `PUT /organizations/${named('second')}/members/${named('registered')}/: 404`,
          ],
        ],
      );
      return true;
    });
    for (const id of ['first', 'second']) assert.deepEqual(Object.keys(await membersOf(id)), ['known']);
    assert.equal((await server.operate('GET', `/users/${named('known')}/`)).body.name, 'Known');
    assert.equal((await server.operate('GET', `/users/${named('former')}/`)).body.isActive, false);
  });
});
