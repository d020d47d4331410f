import { withClient } from '../../../test/support/postgres.ts';
import { addMember, anOrganizationOf, aPerson } from '../../../test/support/provision.ts';
import type { Api } from '../../../test/support/server.ts';

export interface ManyOrganizations {
  readonly ids: readonly string[];
  /** The token of a member of all organizations. */
  readonly token: string;
}

/**
 * Makes organizations with the same members. The first one is made over the API, and the others are
 * copies of its rows.
 */
export async function makeOrganizations(api: Api, databaseUrl: string, count: number, members: number): Promise<ManyOrganizations> {
  const owner = await aPerson(api);
  const org = await anOrganizationOf(api, owner);
  for (let number = 1; number < members; number++) await addMember(api, org, await aPerson(api), 'member');
  const ids = await withClient(databaseUrl, async (client) => {
    await client.query(
      `CREATE TEMPORARY TABLE copies AS SELECT nextval('record_ids') AS id, number FROM generate_series(1, ${count}) AS number`,
    );
    const columnsOf = async (table: string, replaced: readonly string[]) => {
      const { rows } = await client.query<{ name: string }>(
        `SELECT quote_ident(column_name) AS name FROM information_schema.columns
        WHERE table_schema = current_schema() AND table_name = $1 AND NOT column_name = ANY ($2)`,
        [table, replaced],
      );
      return rows.map(({ name }) => `original.${name}`).join(', ');
    };
    const insert = async (table: string, replacements: Readonly<Record<string, string>>, idColumn: string) => {
      const replaced = Object.keys(replacements);
      const rest = await columnsOf(table, replaced);
      await client.query(
        `INSERT INTO ${table} (${[...replaced, rest.replaceAll('original.', '')].join(', ')})
        SELECT ${[...Object.values(replacements), rest].join(', ')} FROM ${table} AS original, copies WHERE original.${idColumn} = $1`,
        [org.id],
      );
    };
    await insert('organizations', { id: 'copies.id', slug: `'${org.slug}-' || copies.number` }, 'id');
    await client.query('INSERT INTO org_heads (organization_id) SELECT id FROM copies');
    await insert('members', { id: "nextval('record_ids')", organization_id: 'copies.id' }, 'organization_id');
    await client.query('VACUUM (ANALYZE)');
    return (await client.query<{ id: string }>('SELECT id::text FROM copies ORDER BY number')).rows.map(({ id }) => id);
  });
  return { ids, token: owner.token };
}
