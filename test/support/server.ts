import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { createRollcall, type Rollcall } from '../../server/src/compose/create-rollcall.ts';
import type { RollcallOptions } from '../../server/src/compose/rollcall-options.ts';
import { type Config, parseConfig } from '../../server/src/config.ts';
import { createLog, type Log } from '../../server/src/runtime/log.ts';
import { isEventStream } from './is-event-stream.ts';
import { appRole, asApp, hasLeastRights } from './least-rights.ts';
import { aMigratedDataDir } from './migrated-data-dir.ts';
import { aMigratedDatabase } from './migrated-database.ts';
import { passwordCostOfRun } from './password-cost.ts';
import { makeTemporaryDirectory } from './run-directory.ts';

/** The HTTP API of a server, in this process or another. */
export interface Api {
  /** Sends one request with `body` as JSON. Without `token`, it sends no credentials. */
  request(method: string, path: string, options?: RequestOptions): Promise<TestResponse>;
  /** Sends a request below `/api/operator`, with the operator's token. */
  operate(method: string, path: string, body?: unknown): Promise<TestResponse>;
}

export interface TestServer extends Rollcall, Api {
  readonly config: Config;
  readonly operatorToken: string;
}

export interface RequestOptions {
  readonly token?: string;
  /** A session's `Cookie` header, as `logIn` returns it. */
  readonly cookie?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TestResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed if it is JSON, otherwise the text. */
  // biome-ignore lint/suspicious/noExplicitAny: each endpoint has a shape, which the test asserts
  readonly body: any;
}

/**
 * A server in this process on a free port, with a new database on the shared PostgreSQL or the
 * given one. Stop it in `after`.
 */
export async function startServer(environment: Readonly<Record<string, string>> = {}, options: RollcallOptions = {}): Promise<TestServer> {
  if (environment.DATABASE_URL) return startServerOn(environment, async () => {}, options);
  const database = await aMigratedDatabase();
  return startServerOn({ DATABASE_URL: database.url, ...environment }, () => database.drop(), options);
}

/** For tests that wait for readings of directories, or for the end of former connections. */
export const pollsIntegrationsOften = { integrationsPollMs: 100 } satisfies RollcallOptions;

/** A server that uses a stand-in. Its `stop` also stops the stand-in. */
export async function startServerWith(
  standIn: Pick<TestServer, 'stop'>,
  environment: Readonly<Record<string, string>>,
  options: RollcallOptions = {},
): Promise<TestServer> {
  const server = await startServer(environment, options).catch(async (error: unknown) => {
    await standIn.stop();
    throw error;
  });
  return {
    ...server,
    async stop() {
      await server.stop();
      await standIn.stop();
    },
  };
}

/** A server on the embedded database. */
export async function startEmbeddedServer(environment: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  return startServerOn({ DATA_DIR: await aMigratedDataDir(), ...environment }, async () => {});
}

async function startServerOn(
  environment: Readonly<Record<string, string>>,
  afterStop: () => Promise<void>,
  options: RollcallOptions = {},
): Promise<TestServer> {
  const config = parseConfig({
    // Many tests use several names of the machine, so this one has its address.
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: makeTemporaryDirectory('data'),
    OPERATOR_TOKEN: randomBytes(24).toString('hex'),
    SECRET: randomBytes(24).toString('hex'),
    // Tests of other features call these as fast as they can.
    RATE_LIMIT_MEMBERS: '1000000',
    // All requests of a test have one address, and those with a refused credential count 50 times.
    RATE_LIMIT_PER_ADDRESS: '100000',
    // A fast machine reaches the default in a race with one caller.
    RATE_LIMIT_PER_CREDENTIAL: '100000',
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'error',
    ...passwordCostOfRun(),
    ...asApp(environment),
  });
  const operatorToken = config.operatorToken!;
  const rollcall = createRollcall(config, { log: quietLog(config), ...options });
  await rollcall.start();
  if (hasLeastRights && environment.DATABASE_URL) await assertIsApp(rollcall);

  return {
    ...rollcall,
    config,
    operatorToken,
    ...apiOf(rollcall.url, operatorToken),
    async stop() {
      await rollcall.stop();
      await afterStop();
    },
  };
}

/** A log without the lines of security events, which the server writes at any level. */
function quietLog({ logLevel }: Config): Log {
  const log = createLog(logLevel);
  const { child } = log;
  log.child = function (this: Log, bindings) {
    return child.call(this, bindings) as never;
  };
  return log;
}

/** Otherwise a run with the least rights would prove nothing. */
async function assertIsApp({ services }: Rollcall): Promise<void> {
  const { rows } = await sql<{ role: string }>`SELECT session_user AS role`.execute(services.writePath.database.db);
  assert.equal(rows[0]?.role, appRole);
}

export function apiOf(url: string, operatorToken: string): Api {
  async function request(method: string, path: string, { token, cookie, body, headers = {} }: RequestOptions = {}): Promise<TestResponse> {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...(cookie === undefined ? {} : { Cookie: cookie }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      redirect: 'manual',
    });
    const contentType = response.headers.get('content-type');
    const text = isEventStream(contentType) ? await beginningOf(response) : await response.text();
    const isJson = contentType?.includes('json') && text !== '';
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }
  return { request, operate: (method, path, body) => request(method, `/api/operator${path}`, { token: operatorToken, body }) };
}

/** The first bytes of a response that doesn't end. A response to HEAD has no body. */
async function beginningOf({ body }: Response): Promise<string> {
  if (!body) return '';
  const reader = body.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value);
}
