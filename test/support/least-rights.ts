// The rights of deploy/postgres/grants.sql and deploy/redis/users.acl. With LEAST_RIGHTS=1, the
// servers of a test run have these and no others, while the tests themselves connect as before.
import { readSource } from './source-files.ts';

export const hasLeastRights = process.env.LEAST_RIGHTS === '1';

export const appRole = 'rollcall_app';
export const redisUser = 'rollcall';
export const redisPassword = 'the-password-of-the-user';

/** Statements of the owner of the tables, in the database of the server. */
export const grantsSql = readSource('deploy/postgres/grants.sql');

/** Creates the role, if no test has done so, and gives it its rights. */
export const appRoleSql = `
  DO $$ BEGIN CREATE ROLE ${appRole} LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
  ${grantsSql}`;

/** The rules of the user in Redis, as words. */
export function redisRules(): readonly string[] {
  const line = readSource('deploy/redis/users.acl')
    .split('\n')
    .find((one) => one.startsWith(`user ${redisUser} `))!;
  return line.replace('PASSWORD', redisPassword).split(' ').slice(2);
}

/** The URL of a Redis of this test run, for servers. */
export function redisUrlAt(port: number): string {
  return `redis://${hasLeastRights ? `${redisUser}:${redisPassword}@` : ''}127.0.0.1:${port}`;
}

/** The variables of a server, with the role of the instances instead of the owner of the tables. */
export function asApp<Variables extends Readonly<Record<string, string>>>(variables: Variables): Variables {
  if (!hasLeastRights || !variables.DATABASE_URL) return variables;
  return { ...variables, DATABASE_URL: variables.DATABASE_URL.replace(/\/\/[^@/]*@/, `//${appRole}@`) };
}
