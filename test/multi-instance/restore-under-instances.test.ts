import assert from 'node:assert/strict';
import { connect, type OrganizationHandle, type RollcallClient } from '../../client-sdk/src/index.ts';
import { Backup, newEpochs, recreate } from '../support/backup.ts';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { readMetric } from '../support/metrics.ts';
import { type Postgres, startPostgres, type TestDatabase, withClient } from '../support/postgres.ts';
import { findPostgresWithDump, type PostgresWithDump } from '../support/postgres-binaries.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../support/provision.ts';
import { sharedRedis } from '../support/redis.ts';
import type { TestServer } from '../support/server.ts';
import { skipBecause } from '../support/skip.ts';
import { swapDatabases } from '../support/swap-databases.ts';

/** Each reading of a sweep may find that the database was exchanged. */
const sweepsPerPart = 2;

describe('a restore under running instances', function () {
  this.timeout(180_000);
  let programs: PostgresWithDump;
  let postgres: Postgres;
  let database: TestDatabase;
  let instances: Instances;
  let owner: Person;
  let member: Person;
  /** Removed after the backup was made. */
  let leaver: Person;
  let org: ProvisionedOrg;
  /** Created after the backup was made. */
  let lateOrg: ProvisionedOrg;
  let backup: Backup;
  let witness: Witness;

  before(async function () {
    const found = await findPostgresWithDump();
    if (!found && process.env.CI !== 'true') skipBecause(this, 'pg_dump is not installed');
    assert.ok(found, 'pg_dump is missing: apt-get install postgresql');
    programs = found;
    postgres = await startPostgres({ binaries: programs.server });
  });
  after(() => postgres?.stop());

  beforeEach(async () => {
    database = await postgres.createDatabase();
    const environment = { DATABASE_URL: database.url, LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent' };
    instances = await startInstances(2, { redisUrl: (await sharedRedis()).url, environment });
    const server = instances.servers[0]!;
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    member = await aPerson(server);
    leaver = await aPerson(server);
    await addMember(server, org, member, 'member');
    await addMember(server, org, leaver, 'member');
    const { body } = await server.operate('POST', '/service-tokens/', { name: 'back end' });
    backup = await Backup.of(database, programs);

    lateOrg = await anOrganizationOf(server, owner);
    await createTeam(server, org);
    witness = new Witness(instances.servers, { org, lateOrg, owner, member, leaver, serviceToken: body.token });
    await witness.allFresh();
    const removed = await server.request('DELETE', `/api/0/organizations/${org.slug}/members/${leaver.memberId}/`, { token: owner.token });
    assert.equal(removed.status, 204);
    await eventually(() => assert.equal(witness.leaverEnded, 2), { timeoutMs: 30_000 });
  });
  afterEach(async () => {
    await witness?.close();
    await instances?.stop();
    await database?.drop();
  });

  async function createTeam(server: TestServer, { slug }: ProvisionedOrg): Promise<string> {
    const team = `team-${nextNumber()}`;
    const call = { token: owner.token, body: { slug: team }, headers: { 'Idempotency-Key': team } };
    await eventually(async () => {
      const created = await server.request('POST', `/api/0/organizations/${slug}/teams/`, call);
      assert.equal(created.status, 201, JSON.stringify(created.body));
    });
    return team;
  }

  /** Waits until each instance has looked at the database as it is now. */
  async function whenSeen(): Promise<void> {
    const sweeps = () => Promise.all(instances.servers.map((server) => readMetric(server, 'rollcall_sweeps_total')));
    const before = await sweeps();
    await eventually(async () => {
      const now = await sweeps();
      for (const [index, count] of now.entries()) assert.ok(count >= before[index]! + sweepsPerPart, 'an instance has not swept');
    });
  }

  /** Ends a restore as docs/operating/backup.md shows. Expects the backup's state everywhere. */
  async function expectRestored(): Promise<void> {
    await whenSeen();
    await witness.nothingEnded();
    await withClient(database.url, (client) => client.query(newEpochs));
    await eventually(() => witness.assertRestored(), { timeoutMs: 20_000 });
    const team = await createTeam(instances.servers[0]!, org);
    await eventually(() => witness.assertTeam(team), { timeoutMs: 30_000 });
    witness.assertNothingWrong();
  }

  it('[H-81] ends no access when pg_restore replaces the tables in one transaction', async () => {
    // It may be the victim of a deadlock with an instance, and has then changed nothing.
    await eventually(() => backup.restore(database, '--clean', '--if-exists', '--single-transaction'), { timeoutMs: 60_000 });
    await expectRestored();
  });

  it('[H-81] ends no access when a plain pg_restore fills a new database', async () => {
    await recreate(database);
    await whenSeen();
    await backup.restore(database);
    await expectRestored();
  });

  const orders = {
    'heads and log': ['org_heads', 'change_log', 'server_values', 'organizations', 'users', 'members'],
    credentials: ['auth_tokens', 'service_tokens', 'sessions', 'org_heads', 'server_values', 'members', 'users'],
    people: ['users', 'members', 'organizations', 'server_values', 'auth_tokens', 'org_heads'],
  };
  for (const [name, first] of Object.entries(orders)) {
    it(`[H-81] ends no access when the rows of a new database are restored table by table, ${name} first`, async () => {
      await recreate(database);
      await backup.restore(database, '--schema-only');
      await restoreTables(first);
      await expectRestored();
    });
  }

  it('[H-81] ends no access when tables are emptied and restored one by one in the database that is in use', async () => {
    const tables = ['members', 'auth_tokens', 'users', 'organizations', 'service_tokens', 'org_heads', 'server_values'];
    for (const table of tables) {
      await eventually(() => withClient(database.url, (client) => client.query(`TRUNCATE ${table} CASCADE`)));
      await whenSeen();
      await witness.nothingEnded();
    }
    const rest = (await backup.tables()).filter((table) => !tables.includes(table));
    await eventually(() => withClient(database.url, (client) => client.query(`TRUNCATE ${rest.join(', ')} CASCADE`)));
    await restoreTables(tables);
    await expectRestored();
  });

  async function restoreTables(first: readonly string[]): Promise<void> {
    const all = await backup.tables();
    for (const table of first) {
      assert.ok(all.includes(table), `the backup has no table ${table}`);
      await backup.restoreRows(database, [table]);
      await whenSeen();
      await witness.nothingEnded();
    }
    await backup.restoreRows(
      database,
      all.filter((table) => !first.includes(table)),
    );
    await backup.restoreSequences(database);
  }

  it('[H-81] ends no access while the database is empty or that of another installation, and continues with the right one', async () => {
    const empty = await postgres.createDatabase();
    const foreign = await postgres.createDatabase();
    const other = await startInstances(1, { environment: { DATABASE_URL: foreign.url, LOG_LEVEL: 'silent' } });
    // It has an organization with the same id and slug, and other members.
    await anOrganizationOf(other.servers[0]!, await aPerson(other.servers[0]!));
    await other.stop();
    try {
      for (const wrong of [empty, foreign]) {
        await swapDatabases(database, wrong, postgres);
        await whenSeen();
        await whenSeen();
        await witness.nothingEnded();
        assert.equal((await instances.servers[1]!.request('GET', '/api/0/organizations/', { token: owner.token })).status, 503);
        await swapDatabases(database, wrong, postgres);
        await eventually(() => witness.allFresh(), { timeoutMs: 60_000 });
        witness.assertNothingWrong();
      }
    } finally {
      await empty.drop();
      await foreign.drop();
    }
  });
});

interface Watched {
  readonly org: ProvisionedOrg;
  readonly lateOrg: ProvisionedOrg;
  readonly owner: Person;
  readonly member: Person;
  readonly leaver: Person;
  readonly serviceToken: string;
}

/** Clients of each instance, and requests, that notice each wrong response. */
class Witness {
  readonly #watched: Watched;
  readonly #clients: RollcallClient[] = [];
  readonly #handles: {
    readonly name: string;
    readonly handle: OrganizationHandle;
    readonly isLate: boolean;
    readonly isLeaver: boolean;
  }[] = [];
  readonly #wrong: string[] = [];
  readonly #probing: Promise<void>[];
  #isClosed = false;
  #isRestored = false;
  leaverEnded = 0;

  constructor(servers: readonly TestServer[], watched: Watched) {
    this.#watched = watched;
    const { org, lateOrg, owner, member, leaver, serviceToken } = watched;
    for (const [index, { url }] of servers.entries()) {
      for (const [who, token] of Object.entries({
        owner: owner.token,
        member: member.token,
        leaver: leaver.token,
        service: serviceToken,
      })) {
        const isService = who === 'service';
        const client = connect({ url, token, leaseMs: 5_000, ...(isService && { organizations: 'all' }) });
        this.#clients.push(client);
        const name = `${who} at instance ${index}`;
        client.on('status', ({ after }) => {
          if (after.phase === 'closed' && !this.#isClosed) this.#wrong.push(`${name}: the client closed as ${after.reason}`);
        });
        for (const one of who === 'owner' || isService ? [org, lateOrg] : [org]) {
          const handle = client.organization(isService ? one.id : one.slug);
          this.#watch(name, handle, one === lateOrg, who === 'leaver');
        }
      }
    }
    this.#probing = servers.flatMap((server) => [this.#request(server), this.#connectAgain(server)]);
  }

  #watch(name: string, handle: OrganizationHandle, isLate: boolean, isLeaver: boolean): void {
    this.#handles.push({ name, handle, isLate, isLeaver });
    handle.on('access.revoked', ({ reason }) => {
      if (isLeaver && reason === 'removed') this.leaverEnded++;
      else if (!(isLate && this.#isRestored && reason === 'organization-missing')) this.#wrong.push(`${name}: revoked as ${reason}`);
    });
    handle.on('status', ({ after }) => {
      if (after.phase === 'denied' || after.phase === 'refused') this.#wrong.push(`${name}: ${after.phase} as ${after.reason}`);
      if (after.phase === 'closed' && !this.#isClosed) this.#wrong.push(`${name}: closed as ${after.reason}`);
    });
    handle.on('member.removed', ({ before }) => {
      if (before.user?.id !== this.#watched.leaver.userId) this.#wrong.push(`${name}: lost the member ${before.id}`);
    });
  }

  /** Requests get the members of the organization, or 503. */
  async #request(server: TestServer): Promise<void> {
    const { org, member } = this.#watched;
    while (!this.#isClosed) {
      const { status, body, headers } = await server.request('GET', `/api/0/organizations/${org.slug}/members/`, { token: member.token });
      if (status === 200 ? body.length < 2 : status !== 503) this.#wrong.push(`a request got ${status}: ${JSON.stringify(body)}`);
      if (status === 503 && headers.get('retry-after') === null) this.#wrong.push('a 503 has no Retry-After');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** New clients are served, or wait. */
  async #connectAgain({ url }: TestServer): Promise<void> {
    const { org, member } = this.#watched;
    while (!this.#isClosed) {
      using client = connect({ url, token: member.token });
      const handle = client.organization(org.slug);
      await handle.ready({ timeoutMs: 1_000 }).catch((error: Error & { code?: string }) => {
        if (error.code !== 'unreachable') this.#wrong.push(`a new client got ${error.code}: ${error.message}`);
      });
    }
  }

  async allFresh(): Promise<void> {
    await eventually(
      () => {
        for (const { name, handle, isLeaver } of this.#handles)
          if (!isLeaver || this.leaverEnded === 0) assert.ok(handle.status.fresh, `${name} is ${handle.status.phase}`);
      },
      { timeoutMs: 30_000 },
    );
  }

  async nothingEnded(): Promise<void> {
    this.assertNothingWrong();
    for (const { name, handle, isLeaver } of this.#handles) if (!isLeaver) assert.equal(handle.status.reason, null, name);
  }

  assertNothingWrong(): void {
    assert.deepEqual(this.#wrong, []);
  }

  assertRestored(): void {
    this.#isRestored = true;
    this.assertNothingWrong();
    for (const { name, handle, isLate, isLeaver } of this.#handles) {
      const { phase, reason, fresh } = handle.status;
      if (isLeaver) assert.equal(reason, 'removed', name);
      else if (isLate) assert.deepEqual([phase, reason], ['revoked', 'organization-missing'], name);
      else assert.ok(fresh, `${name} is ${phase}`);
      if (!isLeaver && !isLate) assert.equal(handle.state.members.length, 3, `${name} has other members`);
    }
  }

  assertTeam(slug: string): void {
    for (const { name, handle, isLate, isLeaver } of this.#handles) {
      if (!isLate && !isLeaver)
        assert.deepEqual(
          handle.state.teams.map((team) => team.slug),
          [slug],
          name,
        );
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const client of this.#clients) client[Symbol.dispose]();
    await Promise.all(this.#probing);
  }
}
