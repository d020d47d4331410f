import { randomBytes } from 'node:crypto';
import { scopes } from '../../../protocol/src/index.ts';
import type { Postgres, TestDatabase } from '../../../test/support/postgres.ts';
import { members, teams } from '../options.ts';
import { startRollcall } from './start-rollcall.ts';

/**
 * A migrated database with an organization, its owner, its teams `team-0` and so on, and more
 * members. It is copied for each use.
 */
export interface ProvisionedDatabase {
  readonly template: TestDatabase;
  /** The server secret with which the token was created. */
  readonly secret: string;
  readonly org: string;
  /** The owner's token, with all scopes. */
  readonly token: string;
}

/** @param checkout the folder of the repository whose server makes the contents */
export async function provisionDatabase(postgres: Postgres, checkout?: string): Promise<ProvisionedDatabase> {
  const template = await postgres.createDatabase();
  const secret = randomBytes(24).toString('hex');
  const operatorToken = randomBytes(24).toString('hex');
  const server = await startRollcall({ DATABASE_URL: template.url, SECRET: secret, OPERATOR_TOKEN: operatorToken }, checkout);

  const operate = async (path: string, contentType: string, body: string) => {
    const headers = { Authorization: `Bearer ${operatorToken}`, 'Content-Type': contentType };
    const response = await fetch(`${server.url}/api/operator${path}`, { method: 'POST', headers, body });
    if (!response.ok) throw new Error(`POST ${path} returned ${response.status}: ${await response.text()}`);
    return (await response.json()) as Record<string, string>;
  };
  const create = (path: string, body: object) => operate(path, 'application/json', JSON.stringify(body));
  const owner = await create('/users/', { email: 'owner@example.com', name: 'Owner' });
  const { token } = await create(`/users/${owner.id}/tokens/`, { scopes });
  const { slug: org } = await create('/organizations/', { name: 'Bench', slug: 'bench', ownerId: owner.id });
  const lines = [
    ...Array.from({ length: teams }, (_, n) => JSON.stringify({ op: 'team.create', team: `team-${n}` })),
    ...Array.from({ length: members }, (_, n) => JSON.stringify({ op: 'member.add', login: `member-${n}`, role: 'member' })),
  ];
  await operate(`/organizations/${org}/import/`, 'application/x-ndjson', lines.join('\n'));

  await server.kill('SIGTERM');
  return { template, secret, org: org!, token: token! };
}
