import assert from 'node:assert/strict';
import { type CountedStatements, countStatements } from '../../support/counted-statements.ts';
import { aMigratedDatabase } from '../../support/migrated-database.ts';
import type { TestDatabase } from '../../support/postgres.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

/**
 * The number of statements and sends of a command's transaction, including BEGIN and COMMIT. A send
 * wakes PostgreSQL, and costs more than a small statement.
 */
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
  async function assertSent(expected: { readonly statements: number; readonly sends: number }, run: () => Promise<void>): Promise<void> {
    counted.take();
    await run();
    const found = counted.take().filter(({ statements }) => statements.some((text) => text.includes('INSERT INTO change_log')));
    const list = found.flatMap(({ statements }) => statements.map((text) => text.replace(/\s+/g, ' ').slice(0, 160))).join('\n');
    const counts = found.map(({ statements, sends }) => ({ statements: statements.length, sends }));
    assert.deepEqual(counts, [expected], list);
  }

  it('has 7 statements in 2 sends to rename a team', async () => {
    await write('POST', `/organizations/${org.slug}/teams/`, { slug: 'renamed' });
    await assertSent({ statements: 7, sends: 2 }, () => write('PUT', `/teams/${org.slug}/renamed/`, { name: 'Renamed' }));
  });

  it("has 8 statements in 2 sends to change a member's role", () =>
    assertSent({ statements: 8, sends: 2 }, () =>
      write('PUT', `/organizations/${org.slug}/members/${member.memberId}/`, { orgRole: 'manager' }),
    ));

  it('has 8 statements in 2 sends to create a team', () =>
    assertSent({ statements: 8, sends: 2 }, () => write('POST', `/organizations/${org.slug}/teams/`, { slug: 'created' })));

  it('has 11 statements in 2 sends to create a project', async () => {
    await write('POST', `/organizations/${org.slug}/teams/`, { slug: 'builders' });
    const create = () => write('POST', `/teams/${org.slug}/builders/projects/`, { name: 'Project' });
    await assertSent({ statements: 11, sends: 2 }, create);
  });

  it('has 10 statements in 3 sends to add a member to a team', async () => {
    await write('POST', `/organizations/${org.slug}/teams/`, { slug: 'joined' });
    const join = () => write('POST', `/organizations/${org.slug}/members/${member.memberId}/teams/joined/`);
    await assertSent({ statements: 10, sends: 3 }, join);
  });

  it('has 14 statements in 4 sends to invite a member', () =>
    assertSent({ statements: 14, sends: 4 }, () =>
      write('POST', `/organizations/${org.slug}/members/`, { email: `invited-${nextNumber()}@example.com` }),
    ));
});
