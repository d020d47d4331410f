import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { openPostgres } from '../../../server/src/database/connections/database-postgres.ts';
import { migrateUp } from '../../../server/src/database/migrations/migrate.ts';
import { createLog } from '../../../server/src/runtime/log.ts';
import { onPath, run } from '../../support/executables.ts';
import { appRole, grantsSql, redisRules, redisUser } from '../../support/least-rights.ts';
import { type Postgres, startPostgres, type TestDatabase, withClient } from '../../support/postgres.ts';
import { type Redis, startRedis } from '../../support/redis.ts';
import { redisCommand } from '../../support/redis-command.ts';
import { assertRefused, run as runRollcall } from '../../support/run-command.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';
import { runWithLeastRights } from '../../support/run-with-least-rights.ts';
import { skipBecause } from '../../support/skip.ts';
import { readSource } from '../../support/source-files.ts';

/** The rights of a role on tables and sequences, for comparison. */
const rightsSql = `
  SELECT table_name AS name, string_agg(privilege_type, ' ' ORDER BY privilege_type) AS rights FROM information_schema.role_table_grants
  WHERE grantee = '${appRole}' GROUP BY 1
  UNION ALL SELECT object_name, string_agg(privilege_type, ' ') FROM information_schema.role_usage_grants
  WHERE grantee = '${appRole}' AND object_type = 'SEQUENCE' GROUP BY 1 ORDER BY 1`;

describe('the rights in deploy/postgres/grants.sql', function () {
  this.timeout(120_000);
  let postgres: Postgres;
  let database: TestDatabase;
  let ownerUrl: string;
  const owner = `rollcall_owner_${randomBytes(4).toString('hex')}`;
  const urlFor = (role: string, { url } = database) => url.replace(/\/\/[^@/]*@/, `//${role}@`);

  before(async () => {
    // Roles belong to a whole server.
    postgres = await startPostgres({ own: true });
    await withClient(postgres.url, (client) =>
      client.query(`CREATE ROLE ${owner} LOGIN; CREATE ROLE ${appRole} LOGIN; CREATE ROLE other LOGIN`),
    );
    database = await aDatabaseOfOwner();
    ownerUrl = urlFor(owner);
    await withClient(ownerUrl, (client) => client.query(grantsSql));
    await migrate(ownerUrl);
  });
  after(() => postgres?.stop());

  async function aDatabaseOfOwner(): Promise<TestDatabase> {
    const made = await postgres.createDatabase();
    await withClient(postgres.url, (client) => client.query(`ALTER DATABASE ${made.name} OWNER TO ${owner}`));
    return made;
  }

  async function migrate(url: string): Promise<void> {
    const opened = openPostgres(url, createLog('silent'));
    await migrateUp(opened);
    await opened.close();
  }

  const rightsIn = async (url: string) =>
    (await withClient(url, (client) => client.query(rightsSql))).rows as { name: string; rights: string }[];

  it('allow the instances to read and write the rows of each table, and nothing else', async () => {
    const rights = await rightsIn(ownerUrl);
    assert.ok(rights.length > 50, `${rights.length} tables and sequences`);
    for (const { name, rights: given } of rights) assert.match(given, /^(DELETE INSERT SELECT UPDATE|USAGE)$/, name);
  });

  it('[V13.2.2] refuse the instances every change of the schema, and what only a superuser may do', async () => {
    const refused = [
      'CREATE TABLE stolen (id int)',
      'CREATE TEMPORARY TABLE stolen (id int)',
      'CREATE SCHEMA stolen',
      "CREATE FUNCTION stolen() RETURNS int LANGUAGE sql AS 'SELECT 1'",
      'ALTER TABLE users ADD COLUMN stolen int',
      'DROP TABLE audit_entries',
      'TRUNCATE audit_entries',
      'ALTER TABLE audit_entries DISABLE TRIGGER ALL',
      'CREATE INDEX ON users (id)',
      'CREATE ROLE stolen',
      `SET ROLE ${owner}`,
      "COPY users TO PROGRAM 'cat'",
      "SELECT pg_read_file('/etc/hostname')",
      'SELECT * FROM pg_authid',
    ];
    await withClient(urlFor(appRole), async (client) => {
      for (const statement of refused) await assert.rejects(client.query(statement), /permission denied|must be owner/, statement);
    });
  });

  it('do not suffice for a migration, which the error names with the remedy', async () => {
    const empty = await aDatabaseOfOwner();
    await withClient(urlFor(owner, empty), (client) => client.query(grantsSql));
    const started = await runRollcall(['start'], { PORT: '0', DATABASE_URL: urlFor(appRole, empty) });
    assertRefused(
      started,
      /The migrations failed: permission denied for schema public\. Run rollcall migrate as the owner of the tables\./,
    );
  });

  it('let no other role connect', async () => {
    await assert.rejects(
      withClient(urlFor('other'), (client) => client.query('SELECT 1')),
      /permission denied for database/,
    );
  });

  it('stay the same if they are given after the migrations, or twice', async () => {
    const expected = await rightsIn(ownerUrl);
    const later = await aDatabaseOfOwner();
    const url = urlFor(owner, later);
    await migrate(url);
    for (let times = 1; times <= 2; times++) {
      await withClient(url, (client) => client.query(grantsSql));
      assert.deepEqual(await rightsIn(url), expected);
    }
  });

  it('follow from the script of compose.yaml, which creates the role', async function () {
    if (!onPath('psql') && process.env.CI !== 'true') skipBecause(this, 'psql is not installed');
    assert.ok(onPath('psql'), 'psql is missing: apt-get install postgresql-client');
    const folder = makeTemporaryDirectory('app-role');
    const rename = (text: string) => text.replaceAll(appRole, 'created_app');
    const files = {
      grants: path.join(folder, 'grants.sql'),
      password: path.join(folder, 'password'),
      script: path.join(folder, 'script.sh'),
    };
    writeFileSync(files.grants, rename(grantsSql));
    writeFileSync(files.password, "it's \\ secret");
    const script = readSource('deploy/postgres/create-app-role.sh');
    writeFileSync(
      files.script,
      rename(script).replace('/run/secrets/APP_PASSWORD', files.password).replace('/etc/rollcall/grants.sql', files.grants),
    );
    const later = await aDatabaseOfOwner();
    const env = {
      PATH: process.env.PATH,
      PGHOST: '127.0.0.1',
      PGPORT: String(postgres.port),
      POSTGRES_USER: 'postgres',
      POSTGRES_DB: later.name,
    };
    for (let times = 1; times <= 2; times++) await run('sh', [files.script], { env });
    await migrate(later.url);
    await withClient(urlFor('created_app', later), async (client) => {
      assert.deepEqual((await client.query('SELECT count(*)::int AS count FROM users')).rows, [{ count: 0 }]);
      await assert.rejects(client.query('DROP TABLE users'), /must be owner/);
    });
  });
});

describe('the rights in deploy/redis/users.acl', () => {
  let redis: Redis;
  before(async () => {
    redis = await startRedis({ own: true });
    await redisCommand(redis.port, 'acl', 'setuser', redisUser, ...redisRules());
  });
  after(() => redis?.stop());

  const dryRun = (command: string) => redisCommand(redis.port, 'acl', 'dryrun', redisUser, ...command.split(' '));

  it('allow the commands of the bus and of the limits, on keys and channels of Rollcall only', async () => {
    const allowed = [
      'publish rollcall:1:org:7 x',
      'subscribe rollcall:1:org:7',
      'eval return 1 rollcall:1:count',
      'incrby rollcall:1:count 1',
    ];
    for (const command of allowed) assert.equal(await dryRun(command), 'OK', command);
  });

  it('[V13.2.2] refuse everything else', async () => {
    const refused = [
      ...['publish other x', 'subscribe other', 'psubscribe *', 'incrby other 1', 'get rollcall:1:count', 'keys *', 'scan 0'],
      ...[
        'flushall',
        'config get *',
        'acl list',
        'client list',
        'monitor',
        'shutdown',
        'debug sleep 1',
        'replicaof no one',
        'script flush',
      ],
      ...['module load x', 'migrate h 1 k 0 1', 'save'],
    ];
    for (const command of refused) assert.match(await dryRun(command), /has no permissions/, command);
  });

  it('switch off the user that needs no password', () => {
    assert.match(readSource('deploy/redis/users.acl'), /^user default off$/m);
  });
});

describe('instances with these rights', function () {
  this.timeout(180_000);

  it('agree as with all rights', () =>
    runWithLeastRights(['test/multi-instance/instances.test.ts', 'test/multi-instance/processes.test.ts']));
});
