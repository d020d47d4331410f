import assert from 'node:assert/strict';
import { type CountedStatements, countStatements } from '../../support/counted-statements.ts';
import { aMigratedDatabase } from '../../support/migrated-database.ts';
import type { TestDatabase } from '../../support/postgres.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { type CountedWrite, transactionsOfWrites } from '../../support/statements/transactions-of-writes.ts';

describe('the transaction of a write over REST', () => {
  let database: TestDatabase;
  let counted: CountedStatements;
  let server: TestServer;
  let owner: Person;
  let member: Person;
  let org: ProvisionedOrg;

  before(async () => {
    database = await aMigratedDatabase();
    counted = await countStatements(database.url);
    server = await startServer({ DATABASE_URL: counted.url });
    owner = await aPerson(server);
    member = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    await addMember(server, org, member, 'member');
  });
  after(async () => {
    await server?.stop();
    await counted?.close();
    await database?.drop();
  });

  async function write(method: string, path: string, body?: object): Promise<void> {
    const { status, body: found } = await server.request(method, `/api/0${path}`, { token: owner.token, ...(body && { body }) });
    assert.ok(status < 300, `${method} ${path}: ${status} ${JSON.stringify(found)}`);
  }

  /** Makes the write, and compares its transaction. Sweeps run others. */
  async function assertSent(name: CountedWrite, run: () => Promise<void>): Promise<void> {
    counted.take();
    await run();
    const found = counted.take().filter(({ statements }) => statements.some((text) => text.includes('INSERT INTO change_log')));
    const list = found.flatMap(({ statements }) => statements.map((text) => text.replace(/\s+/g, ' ').slice(0, 160))).join('\n');
    const counts = found.map(({ statements, sends }) => ({ statements: statements.length, sends }));
    assert.deepEqual(counts, [transactionsOfWrites[name]], list);
  }

  it('has the stated numbers of statements and sends to rename a team', async () => {
    await write('POST', `/organizations/${org.slug}/teams/`, { slug: 'renamed' });
    await assertSent('rename a team', () => write('PUT', `/teams/${org.slug}/renamed/`, { name: 'Renamed' }));
  });

  it('follows one statement for the token and the organization', async () => {
    await write('POST', `/organizations/${org.slug}/teams/`, { slug: 'looked-up' });
    for (const name of [org.slug, org.id]) {
      counted.take();
      await write('PUT', `/teams/${name}/looked-up/`, { name: `Looked up by ${name}` });
      const outside = counted.take().filter(({ statements }) => statements.length === 1);
      const found = outside.map(({ statements: [text] }) => text!).filter((text) => /auth_tokens|lower\(organizations\.slug\)/.test(text));
      assert.equal(found.length, 1, found.join('\n'));
    }
  });

  it("has the stated numbers of statements and sends to change a member's role", () =>
    assertSent('change a member’s role', () =>
      write('PUT', `/organizations/${org.slug}/members/${member.memberId}/`, { orgRole: 'manager' }),
    ));

  it('has the stated numbers of statements and sends to create a team', () =>
    assertSent('create a team', () => write('POST', `/organizations/${org.slug}/teams/`, { slug: 'created' })));

  it('has the stated numbers of statements and sends to create a project', async () => {
    await write('POST', `/organizations/${org.slug}/teams/`, { slug: 'builders' });
    const create = () => write('POST', `/teams/${org.slug}/builders/projects/`, { name: 'Project' });
    await assertSent('create a project', create);
  });

  it('has the stated numbers of statements and sends to add a member to a team', async () => {
    await write('POST', `/organizations/${org.slug}/teams/`, { slug: 'joined' });
    const join = () => write('POST', `/organizations/${org.slug}/members/${member.memberId}/teams/joined/`);
    await assertSent('add a member to a team', join);
  });

  it('has the stated numbers of statements and sends to invite a member', () =>
    assertSent('invite a member', () =>
      write('POST', `/organizations/${org.slug}/members/`, { email: `invited-${nextNumber()}@example.com` }),
    ));
});
