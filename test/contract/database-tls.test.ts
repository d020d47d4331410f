import assert from 'node:assert/strict';
import { chownSync, copyFileSync } from 'node:fs';
import path from 'node:path';
import { sql } from 'kysely';
import pg from 'pg';
import { openPostgres } from '../../server/src/database/connections/database-postgres.ts';
import { withSslMode } from '../../server/src/database/connections/ssl-mode.ts';
import { createLog } from '../../server/src/runtime/log.ts';
import { eventually } from '../support/eventually.ts';
import { onPath, run } from '../support/executables.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { findPostgres } from '../support/postgres-binaries.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import { skipBecause } from '../support/skip.ts';

/**
 * These tests use a real PostgreSQL with TLS, whose certificate contains `localhost` and no IP
 * address.
 */
describe('the connection to PostgreSQL, by sslmode', () => {
  let postgres: Postgres;
  let directory: string;

  before(async function () {
    const openssl = onPath('openssl');
    if (!openssl && process.env.CI !== 'true') skipBecause(this, 'openssl is not installed');
    assert.ok(openssl, 'openssl is missing: apt-get install openssl');
    directory = makeTemporaryDirectory('tls');
    await makeAuthority('root');
    await makeAuthority('other');
    await makeServerCertificate();
    postgres = await startPostgres({ own: true });
    await switchTlsOn();
  });
  after(() => postgres?.stop());

  const file = (name: string) => path.join(directory, name);
  const openssl = (...args: string[]) => run('openssl', args, { cwd: directory });

  async function makeAuthority(name: string): Promise<void> {
    const days = ['-days', '2', '-subj', `/CN=${name}`];
    await openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.crt`, ...days);
  }

  async function makeServerCertificate(): Promise<void> {
    await openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost');
    const signed = ['-CA', 'root.crt', '-CAkey', 'root.key', '-CAcreateserial', '-days', '2', '-copy_extensions', 'copy'];
    await openssl('x509', '-req', '-in', 'server.csr', '-out', 'server.crt', ...signed);
  }

  /**
   * As root, PostgreSQL runs as another user. It reads a key only from a file that belongs to that
   * user.
   */
  async function switchTlsOn(): Promise<void> {
    const { user } = await findPostgres();
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    try {
      const { data_directory: data } = (await client.query('SHOW data_directory')).rows[0];
      for (const name of ['server.crt', 'server.key']) {
        copyFileSync(file(name), path.join(data, name));
        if (user) chownSync(path.join(data, name), user.uid, user.gid);
      }
      await client.query('ALTER SYSTEM SET ssl = on');
      await client.query('SELECT pg_reload_conf()');
      await eventually(async () => assert.equal((await client.query('SHOW ssl')).rows[0].ssl, 'on'));
    } finally {
      await client.end();
    }
  }

  /** Whether the connection is encrypted. Rejects if there is none. */
  async function connect(query: string, host = 'localhost'): Promise<boolean> {
    const url = new URL(postgres.url);
    url.hostname = host;
    const database = openPostgres(withSslMode(`${url.href}?${query}`, undefined), createLog('silent'));
    try {
      const { rows } = await sql<{ ssl: boolean }>`SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`.execute(database.db);
      return rows[0]!.ssl;
    } finally {
      await database.close();
    }
  }

  it('[H-36] the connection has no TLS without sslmode, and with disable', async () => {
    assert.equal(await connect(''), false);
    assert.equal(await connect('sslmode=disable'), false);
  });

  it('[H-36] require uses TLS and accepts any certificate, as in libpq', async () => {
    assert.equal(await connect('sslmode=require'), true);
    assert.equal(await connect('sslmode=require', '127.0.0.1'), true);
  });

  it('[H-36] [V12.3.4] verify-ca requires the right authority and accepts any host, and so does require with an sslrootcert', async () => {
    for (const mode of ['verify-ca', 'require']) {
      assert.equal(await connect(`sslmode=${mode}&sslrootcert=${file('root.crt')}`), true, mode);
      assert.equal(await connect(`sslmode=${mode}&sslrootcert=${file('root.crt')}`, '127.0.0.1'), true, mode);
      await assert.rejects(connect(`sslmode=${mode}&sslrootcert=${file('other.crt')}`), /certificate/, mode);
    }
  });

  it('[H-36] [V12.3.2] verify-full requires the right authority and the right host', async () => {
    assert.equal(await connect(`sslmode=verify-full&sslrootcert=${file('root.crt')}`), true);
    await assert.rejects(connect(`sslmode=verify-full&sslrootcert=${file('other.crt')}`), /certificate/);
    await assert.rejects(connect('sslmode=verify-full'), /certificate/);
    await assert.rejects(connect(`sslmode=verify-full&sslrootcert=${file('root.crt')}`, '127.0.0.1'), /does not match|altnames/);
  });
});
