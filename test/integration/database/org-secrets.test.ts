import assert from 'node:assert/strict';
import { sql } from 'kysely';
import type { Db } from '../../../server/src/database/database.ts';
import {
  openOrgSecrets,
  removeOrgSecrets,
  type SecretOwner,
  saveOrgSecret,
} from '../../../server/src/database/organizations/org-secrets.ts';
import { KeyRing } from '../../../server/src/runtime/secrets/key-ring.ts';
import { removalSweep } from '../../../server/src/write-path/commands/organizations/removal-sweep.ts';
import { anOrganizationOf, aPerson, nextNumber } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('the secrets of organizations', () => {
  let server: TestServer;
  let db: Db;
  let key: KeyRing;
  let owner: SecretOwner;
  let other: SecretOwner;

  before(async () => {
    server = await startServer();
    ({ db, secret: key } = server.services);
  });
  after(() => server?.stop());
  beforeEach(async () => {
    const person = await aPerson(server);
    const [org, otherOrg] = [await anOrganizationOf(server, person), await anOrganizationOf(server, person)];
    owner = { orgId: org.id, kind: 'auth-provider', id: String(nextNumber()) };
    other = { orgId: otherOrg.id, kind: 'auth-provider', id: owner.id };
  });

  const save = (to: SecretOwner, name: string, text: string, expiresAt?: string) =>
    db.transaction().execute((tx) => saveOrgSecret(tx, key, to, name, text, expiresAt));
  const remove = (from: SecretOwner, name?: string) => db.transaction().execute((tx) => removeOrgSecrets(tx, from, name));
  const read = async (from: SecretOwner, by = key) => Object.fromEntries(await openOrgSecrets(db, by, from));
  const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

  it('belong to an owner and have a name, and can be replaced and removed one by one or together', async () => {
    await save(owner, 'client-secret', 'first');
    await save(owner, 'client-secret', 'second');
    await save(owner, 'private-key', 'key');
    await save(other, 'client-secret', 'other');
    assert.deepEqual(await read(owner), { 'client-secret': 'second', 'private-key': 'key' });
    assert.deepEqual(await read({ ...owner, kind: 'webhook' }), {});
    await remove(owner, 'client-secret');
    assert.deepEqual(await read(owner), { 'private-key': 'key' });
    await remove(owner);
    assert.deepEqual(await read(owner), {});
    assert.deepEqual(await read(other), { 'client-secret': 'other' });
  });

  it('stay closed after they expire', async () => {
    await save(owner, 'past', 'old', inMs(-1_000));
    await save(owner, 'future', 'new', inMs(60_000));
    assert.deepEqual(await read(owner), { future: 'new' });
    await save(owner, 'past', 'renewed');
    assert.deepEqual(await read(owner), { future: 'new', past: 'renewed' });
  });

  it('[S-55] [V11.3.3] cannot be decrypted if their row was moved to another organization, owner, kind or name, or with another SECRET', async () => {
    const moves: readonly [column: string, value: string, movedTo: SecretOwner][] = [
      ['organization_id', other.orgId, other],
      ['owner_id', '9999', { ...owner, id: '9999' }],
      ['owner_kind', 'webhook', { ...owner, kind: 'webhook' }],
      ['name', 'moved', owner],
    ];
    for (const [column, value, movedTo] of moves) {
      await save(owner, 'client-secret', 'text');
      const ofOwner = sql`organization_id = ${owner.orgId} AND owner_kind = ${owner.kind} AND owner_id = ${owner.id}`;
      await sql`UPDATE org_secrets SET ${sql.ref(column)} = ${value} WHERE ${ofOwner}`.execute(db);
      await assert.rejects(read(movedTo), /can't be decrypted: SECRET changed, or the row was moved/, column);
      await remove(movedTo);
    }
    await save(owner, 'client-secret', 'text');
    await assert.rejects(read(owner, new KeyRing(`${server.config.secret}!`)), /can't be decrypted/);
    assert.deepEqual(await read(owner), { 'client-secret': 'text' });
  });

  it('[S-55] cannot be decrypted if their row was copied over that of another organization', async () => {
    await save(owner, 'client-secret', 'text of the owner');
    await save(other, 'client-secret', 'text of the other');
    await sql`
      UPDATE org_secrets SET encrypted = (SELECT encrypted FROM org_secrets WHERE organization_id = ${owner.orgId})
      WHERE organization_id = ${other.orgId}
    `.execute(db);
    await assert.rejects(read(other), /can't be decrypted/);
  });

  it('[S-55] appear in no table of the database in clear, in hexadecimal or in base64', async () => {
    const texts = ['client-secret-of-the-provider', '-----BEGIN PRIVATE KEY-----', 'whsec_0123456789'];
    for (const [index, text] of texts.entries()) await save(owner, `secret-${index}`, text);
    assert.deepEqual(Object.values(await read(owner)), texts);
    const dump = await dumpDatabase();
    assert.ok(dump.includes('secret-0') && dump.includes(owner.orgId), 'the dump has the rows');
    for (const text of texts) {
      const bytes = Buffer.from(text);
      for (const form of [text, bytes.toString('hex'), bytes.toString('base64'), bytes.toString('base64url')]) {
        assert.ok(!dump.includes(form), form);
      }
    }
  });

  async function dumpDatabase(): Promise<string> {
    const { rows: tables } = await sql<{ name: string }>`
      SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name FROM information_schema.tables
      WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
    `.execute(db);
    assert.ok(tables.length > 20);
    const texts: string[] = [];
    for (const { name } of tables) {
      const { rows } = await sql<{ line: string }>`SELECT t::text AS line FROM ${sql.raw(name)} t`.execute(db);
      texts.push(...rows.map(({ line }) => line));
    }
    return texts.join('\n');
  }

  it('disappear with their organization', async () => {
    await save(owner, 'client-secret', 'text');
    await save(other, 'client-secret', 'other');
    await sql`UPDATE organizations SET status = 'pending_deletion', remove_at = clock_timestamp() WHERE id = ${owner.orgId}`.execute(db);
    await removalSweep(server.services.writePath).run();
    const { rows } = await sql<{ orgId: string }>`SELECT organization_id AS "orgId" FROM org_secrets WHERE owner_id = ${owner.id}`.execute(
      db,
    );
    assert.deepEqual(rows, [{ orgId: other.orgId }]);
  });
});
