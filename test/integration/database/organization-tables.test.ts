import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { forgetMovedHeads } from '../../../server/src/database/organizations/removals.ts';
import { findInvite } from '../../../server/src/read-path/queries/invites/find-invite.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { readSource } from '../../support/source-files.ts';
import { exceptions } from '../../support/statements/exceptions.ts';
import { organizationTables } from '../../support/statements/organization-tables.ts';
import { takeUnconstrained } from '../../support/statements/statement-watch.ts';

describe('the tables of organizations', () => {
  let server: TestServer;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  it('every table with the id of an organization is in the list', async () => {
    const { rows } = await sql<{ name: string }>`
      SELECT table_name AS name FROM information_schema.columns
      WHERE table_schema = 'public' AND column_name = 'organization_id' ORDER BY 1`.execute(server.services.db);
    const listed = [...organizationTables].filter(([, column]) => column === 'organization_id').map(([table]) => table);
    assert.deepEqual(listed.sort(), rows.map(({ name }) => name).sort(), 'test/support/statements/organization-tables.ts lists others');
  });

  it('docs/scaling.md names every other table', async () => {
    const { rows } = await sql<{ name: string }>`
      SELECT table_name AS name FROM information_schema.tables
      WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`.execute(server.services.db);
    const document = readSource('docs/scaling.md');
    const others = rows.map(({ name }) => name).filter((name) => !organizationTables.has(name) && !/^(kysely_)?migration/.test(name));
    assert.ok(others.length > 10);
    assert.deepEqual(
      others.filter((name) => !document.includes(`\`${name}\``)),
      [],
    );
  });

  it('each file of an exception names its tables', () => {
    for (const { tables, textIn, because } of exceptions) {
      for (const [file, ofFile] of Object.entries(tables)) {
        const text = (textIn ?? [file]).map(readSource).join();
        assert.deepEqual(
          ofFile.filter((table) => !text.includes(table) || !organizationTables.has(table)),
          [],
          `${file} does not name these tables of organizations: ${because}`,
        );
      }
    }
  });

  it('a statement without the organization is found if its file is no exception', async () => {
    await takeUnconstrained();
    assert.equal(await findInvite(server.services.db, '1', 'none', null, new Date().toISOString()), null);
    await forgetMovedHeads(server.services.db);
    const lines = await takeUnconstrained([]);
    for (const expected of [
      /^server\/src\/read-path\/.*find-invite\.ts names rows of members without their organization: select/,
      /^server\/src\/database\/.*removals\.ts names rows of moved_heads without their organization: DELETE/,
    ])
      assert.ok(
        lines.some((line) => expected.test(line)),
        lines.join('\n'),
      );
  });
});
