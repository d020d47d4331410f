import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { type Postgres, type TestDatabase, withClient } from '../../../test/support/postgres.ts';
import { startRedis } from '../../../test/support/redis.ts';
import type { Instance } from '../contestants/instance.ts';
import { createHandMadeDatabase, startPeer } from '../contestants/peers.ts';
import type { ProvisionedDatabase } from '../contestants/provision.ts';
import { startRollcall } from '../contestants/start-rollcall.ts';
import { members } from '../options.ts';
import { handMadeWrite, type RestWrite, rollcallWrite, type WriteName, writeNames } from './rest-writes.ts';

const deleteCreatedTeams = `
  WITH created AS (SELECT id FROM teams WHERE slug LIKE 'new-%'),
    memberships AS (DELETE FROM team_members USING created WHERE team_id = created.id)
  DELETE FROM teams USING created WHERE teams.id = created.id`;

/** A server with a database and a Redis of its own. */
export interface RestServer {
  readonly title: string;
  readonly instance: Instance;
  readonly database: TestDatabase;
  readonly headers: Readonly<Record<string, string>>;
  readonly writes: readonly WriteName[];
  /** @param turn counts the writes of this server */
  write(name: WriteName, turn: number): RestWrite;
  /** Removes the teams that were created, because the owner is on all of them. */
  reset(): Promise<void>;
}

/**
 * @param checkout the folder of the repository
 * @param settings of the server, besides its database and its Redis
 */
export async function startRollcallServer(
  postgres: Postgres,
  title: string,
  { template, secret, org, token }: ProvisionedDatabase,
  { checkout, settings }: { readonly checkout?: string; readonly settings?: Readonly<Record<string, string>> } = {},
): Promise<RestServer> {
  const database = await postgres.createDatabase({ template });
  const redis = await startRedis({ own: true });
  const environment = { DATABASE_URL: database.url, SECRET: secret, REDIS_URL: redis.url, ...settings };
  const instance = await startRollcall(environment, checkout);
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${instance.url}/api/0/organizations/${org}/members/?query=member-`, { headers });
  const memberIds = ((await response.json()) as { id: string }[]).map(({ id }) => id);
  if (memberIds.length !== members) throw new Error(`there are ${memberIds.length} members, not ${members}`);
  return {
    title,
    instance,
    database,
    headers,
    writes: writeNames,
    write: (name, turn) => rollcallWrite(org, memberIds, name, turn),
    async reset() {
      await withClient(database.url, (client) => client.query(deleteCreatedTeams));
    },
  };
}

export async function startHandMadeServer(postgres: Postgres): Promise<RestServer> {
  const database = await createHandMadeDatabase(postgres);
  const redis = await startRedis({ own: true });
  const instance = await startPeer('hand-made-app', { REDIS_URL: redis.url, DATABASE_URL: database.url });
  return {
    title: 'hand-made app',
    instance,
    database,
    headers: {},
    writes: ['rename-team'],
    write: (_name, turn) => handMadeWrite(turn),
    async reset() {},
  };
}

const agent = new Agent({ keepAlive: true });

/** @throws Error with the response, if it is not an expected one */
export async function send({ instance, headers }: RestServer, { method, path, body, statuses }: RestWrite, hasKey: boolean): Promise<void> {
  const text = JSON.stringify(body);
  const length = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  const key = hasKey ? { 'idempotency-key': randomUUID() } : {};
  const call = request(instance.url + path, { method, agent, headers: { ...headers, ...length, ...key } });
  call.end(text);
  const [response] = await once(call, 'response');
  let received = '';
  for await (const part of response.setEncoding('utf8')) received += part;
  if (!statuses.includes(response.statusCode)) throw new Error(`${method} ${path} returned ${response.statusCode}: ${received}`);
}
