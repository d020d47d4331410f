import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { eventually } from '../../support/eventually.ts';
import { sharedPostgres, type TestDatabase } from '../../support/postgres.ts';
import { anOrganizationOf, aPerson } from '../../support/provision.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';
import { startServer } from '../../support/server.ts';

describe('the checks at the start', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await (await sharedPostgres()).createDatabase();
  });
  afterEach(() => database?.drop());

  /** Starts a server with these settings, and returns it with its log. */
  async function start(environment: Readonly<Record<string, string>>) {
    const lines: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
    const server = await startServer({ DATABASE_URL: database.url, ...environment }, { log });
    return { server, warnings: () => lines.map((line) => (JSON.parse(line) as { msg: string }).msg) };
  }

  async function alter(statement: string): Promise<void> {
    const admin = new pg.Client({ connectionString: database.url });
    await admin.connect();
    await admin.query(statement);
    await admin.end();
  }

  it('[H-35] reject a MAIL_DIR that is not writable, in one line', async () => {
    const file = path.join(makeTemporaryDirectory('mail-dir'), 'a-file');
    writeFileSync(file, '');
    await assert.rejects(start({ MAIL_DIR: path.join(file, 'mail') }), ({ name, message }: Error) => {
      assert.equal(name, 'ConfigError');
      assert.match(message, /^MAIL_DIR \S+ is not writable: .*ENOTDIR.*Make it writable for this user, or set SMTP_URL/);
      assert.doesNotMatch(message, /\n/);
      return true;
    });
  });

  it('[H-87] warn of connections to other machines without TLS', async () => {
    const { server, warnings } = await start({ SMTP_URL: 'smtp://me:hunter2@mail.invalid', REDIS_URL: 'redis://:hunter2@redis.invalid' });
    try {
      const found = warnings().filter((text) => /^[A-Z_]+_URL: /.test(text));
      assert.deepEqual(
        found.map((text) => text.replace(/,.*/, '')),
        [
          'REDIS_URL: the connection to redis.invalid has no TLS',
          'SMTP_URL: the connection to mail.invalid has TLS only if the server offers it',
        ],
      );
      assert.doesNotMatch(warnings().join(), /hunter2/);
    } finally {
      await server.stop();
    }
  });

  it('[H-35] reject settings of the database with which requests would fail, and name the statement that corrects them', async () => {
    for (const [setting, value, needed] of [
      ['datestyle', 'SQL, DMY', 'ISO'],
      ['default_transaction_isolation', 'repeatable read', 'read committed'],
    ] as const) {
      await alter(`ALTER DATABASE "${database.name}" SET ${setting} = '${value}'`);
      let statement = '';
      await assert.rejects(start({}), ({ name, message }: Error) => {
        assert.equal(name, 'ConfigError');
        assert.ok(
          message.startsWith(`DATABASE_URL points to a database whose ${setting} is ${value}, but Rollcall requires ${needed}. Run `),
        );
        assert.doesNotMatch(message, /\n/);
        [, statement = ''] = /Run (ALTER ROLE .*)$/.exec(message) ?? [];
        return true;
      });
      // Only for this database: other tests have the same role.
      await alter(statement.replace(' SET ', ` IN DATABASE "${database.name}" SET `));
    }
    const { server } = await start({});
    await aPerson(server);
    await server.stop();
  });

  it('[H-35] warn if SECRET is not the one with which the stored secrets were encrypted', async () => {
    const secret = randomBytes(24).toString('hex');
    for (const [used, pattern] of [
      [secret, null],
      [secret, null],
      [
        randomBytes(24).toString('hex'),
        /^This instance is not ready: SECRET is not the one with which the stored secrets were encrypted .*Set SECRET/,
      ],
    ] as const) {
      const { server, warnings } = await start({ SECRET: used });
      await server.stop();
      const found = warnings().filter((line) => line.includes('SECRET'));
      assert.equal(found.length, pattern === null ? 0 : 1);
      if (pattern !== null) assert.match(found[0]!, pattern);
    }
  });

  it('[H-35] warn if DEFAULT_ORGANIZATION does not exist', async () => {
    const first = await start({ DEFAULT_ORGANIZATION: 'nowhere' });
    const { slug } = await anOrganizationOf(first.server, await aPerson(first.server));
    await first.server.stop();
    await eventually(() =>
      assert.ok(
        first.warnings().some((line) => line.startsWith('DEFAULT_ORGANIZATION is "nowhere", but no such organization exists')),
        'not yet',
      ),
    );
    const second = await start({ DEFAULT_ORGANIZATION: slug });
    await second.server.stop();
    assert.deepEqual(
      second.warnings().filter((line) => line.includes('DEFAULT_ORGANIZATION')),
      [],
    );
  });
});
