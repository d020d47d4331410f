import { once } from 'node:events';
import pg from 'pg';
import { type Postgres, type TestDatabase, withClient } from '../../../test/support/postgres.ts';
import { teams } from '../options.ts';
import { socketIoGreeting, webSocketGreeting } from '../subscribers/greeting.ts';
import type { Contestant, Pair } from './contestant.ts';
import type { Instance } from './instance.ts';
import { forkServer } from './process.ts';

/** The alternatives to Rollcall, and the two minimal servers below them. */

const writeRequest: Pair['writeRequest'] = (team) => ({ path: `/teams/${team}`, headers: {} });

export async function startPeer(name: string, env: Readonly<Record<string, string>>): Promise<Instance> {
  const { child, pid, kill } = forkServer(name, env);
  const [port] = (await Promise.race([once(child, 'message'), once(child, 'exit').then(() => failToStart(name))])) as [number];
  return { url: `http://127.0.0.1:${port}`, pid, kill };
}

async function startTwo(name: string, env: Readonly<Record<string, string>>): Promise<[Instance, Instance]> {
  return Promise.all([startPeer(name, env), startPeer(name, env)]);
}

function failToStart(name: string): never {
  throw new Error(`${name} exited before it listened`);
}

export const bareWs: Contestant = {
  name: 'bare-ws',
  title: 'bare ws loop',
  async start({ redisUrl }) {
    const instances = await startTwo('bare-ws', { REDIS_URL: redisUrl });
    return { instances, greeting: webSocketGreeting, writeRequest, readNames: null, notes: [] };
  },
};

export const bareSocketIo: Contestant = {
  name: 'bare-socket-io',
  title: 'bare Socket.IO room',
  async start({ redisUrl }) {
    const instances = await startTwo('bare-socket-io', { REDIS_URL: redisUrl });
    return { instances, greeting: socketIoGreeting('40'), writeRequest, readNames: null, notes: [] };
  },
};

/** A database with the teams of the hand-made app. */
export async function createHandMadeDatabase(postgres: Postgres): Promise<TestDatabase> {
  const database = await postgres.createDatabase();
  await withClient(database.url, async (client) => {
    await client.query(`CREATE TABLE teams (id bigint PRIMARY KEY, slug text NOT NULL UNIQUE, name text NOT NULL,
      "dateCreated" timestamptz NOT NULL DEFAULT now(), flags jsonb NOT NULL DEFAULT '{"idp:provisioned": false}')`);
    await client.query(`INSERT INTO teams (id, slug, name) SELECT n, 'team-' || n, 'Team ' || n FROM generate_series(0, $1::int - 1) n`, [
      teams,
    ]);
  });
  return database;
}

export const handMadeGreeting = socketIoGreeting('42["state"');

export const handMade: Contestant = {
  name: 'hand-made',
  title: 'hand-made app',
  async start({ postgres, redisUrl }) {
    const { url } = await createHandMadeDatabase(postgres);
    const database = new pg.Pool({ connectionString: url, max: 1, allowExitOnIdle: true });
    database.on('error', () => {});
    const instances = await startTwo('hand-made-app', { REDIS_URL: redisUrl, DATABASE_URL: url });
    const readNames = async () => (await database.query<{ name: string }>('SELECT name FROM teams')).rows.map(({ name }) => name);
    return { instances, greeting: handMadeGreeting, writeRequest, readNames, notes: [] };
  },
};
