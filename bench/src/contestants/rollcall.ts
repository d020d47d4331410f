import pg from 'pg';
import { rollcallGreeting } from '../subscribers/greeting.ts';
import type { Contestant, Pair, Services } from './contestant.ts';
import { type ProvisionedDatabase, provisionDatabase } from './provision.ts';
import { startRollcall } from './start-rollcall.ts';

export const rollcall: Contestant = {
  name: 'rollcall',
  title: 'Rollcall',
  start: (services) => startPair(services, services.provisioned),
};

/** Rollcall of another checkout, which also creates its database. */
export function rollcallAt(checkout: string): Contestant {
  return {
    name: 'rollcall',
    title: `Rollcall at ${checkout}`,
    start: async (services) => startPair(services, await provisionDatabase(services.postgres, checkout), checkout),
  };
}

async function startPair(
  { postgres, redisUrl }: Services,
  { template, secret, org, token }: ProvisionedDatabase,
  checkout?: string,
): Promise<Pair> {
  const { url } = await postgres.createDatabase({ template });
  const { instances, notes } = await startTwo({ DATABASE_URL: url, SECRET: secret }, redisUrl, checkout);
  const database = new pg.Pool({ connectionString: url, max: 1, allowExitOnIdle: true });
  database.on('error', () => {});
  return {
    instances,
    greeting: rollcallGreeting(token, org),
    writeRequest: (team) => ({ path: `/api/0/teams/${org}/team-${team}/`, headers: { authorization: `Bearer ${token}` } }),
    readNames: async () => (await database.query<{ name: string }>('SELECT name FROM teams')).rows.map(({ name }) => name),
    notes,
  };
}

const withoutRedis =
  'Rollcall ran **without Redis**, because this build does not support it. Its second instance found changes by the sweep, so its numbers are not comparable.';

async function startTwo(environment: Readonly<Record<string, string>>, redisUrl: string, checkout?: string) {
  const start = async (env: Readonly<Record<string, string>>) => Promise.all([startRollcall(env, checkout), startRollcall(env, checkout)]);
  try {
    return { instances: await start({ ...environment, REDIS_URL: redisUrl }), notes: [] };
  } catch (error) {
    // A build without a bus over Redis refuses to start with the variable.
    if (!String(error).includes('REDIS_URL')) throw error;
    return { instances: await start(environment), notes: [withoutRedis] };
  }
}
