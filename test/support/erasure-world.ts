import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { scopes } from '../../protocol/src/index.ts';
import { anExport } from './archives.ts';
import { eraseCompletely } from './erasures.ts';
import { anOrgWithOwner, type OrgWithOwner } from './logged-in.ts';
import { addMember, aPerson, type Person } from './provision.ts';
import type { SeededRandom } from './seeds.ts';
import type { TestServer } from './server.ts';
import { type Dump, dumpTables, type Row } from './table-dump.ts';

/**
 * A world of people whose names, addresses and notes resemble those of one of them, who is erased.
 * The comparison knows nothing of the redactor: it checks each changed value by the ids beside it.
 */

/** Tables that other work of the server changes at any time, or that record the erasure itself. */
const ofTheServer: ReadonlySet<string> = new Set([
  'instances',
  'retention_runs',
  'moved_heads',
  'jobs',
  'job_results',
  'erasures',
  'erasure_organizations',
  'erased_names',
  'attempt_limits',
  'mail_windows',
]);
/** Columns that other work of the server changes at any time. */
const volatileColumns: ReadonlySet<string> = new Set(['date_last_used', 'last_used_address', 'attempts', 'next_attempt_at', 'last_error']);

interface World {
  readonly victim: Person;
  /** The verified addresses of the victim, in lower case. */
  readonly verified: readonly string[];
  readonly formerAddress: string;
  /** The organizations that have something about the victim. */
  readonly visited: ReadonlySet<string>;
  readonly alias: { readonly name: string; readonly email: string };
}

let count = 0;

export async function assertErasure(server: TestServer, random: SeededRandom): Promise<void> {
  const world = await liveThrough(server, random);
  const before = await settled(server);
  const { status } = await eraseCompletely(server, world.victim.userId);
  assert.equal(status, 202);
  const after = await settled(server);
  assertOthersUnchanged(world, before, after);
  assertNothingLeft(world, after);
  const again = await eraseCompletely(server, world.victim.userId);
  assert.equal(again.status, 200);
  const afterwards = await settled(server);
  // The second erasure is an act of the operator too, so it leaves events.
  const events = [...afterwards.get('security_events')!].filter(([key]) => after.get('security_events')!.has(key));
  assert.deepEqual(stable(new Map([...afterwards, ['security_events', new Map(events)]])), stable(after), 'a second run changes something');
}

/** Until the mail queue is quiet: the mails of the test are due in the far future. */
async function settled(server: TestServer): Promise<Dump> {
  const { db } = server.services;
  for (let tries = 0; tries < 500; tries++) {
    const { rows } = await sql`SELECT FROM mail_outbox WHERE failed_at IS NULL AND next_attempt_at < now() + interval '1 hour'`.execute(db);
    if (rows.length === 0) break;
  }
  return dumpTables(db);
}

async function liveThrough(server: TestServer, random: SeededRandom): Promise<World> {
  const { db } = server.services;
  const tag = `w${process.pid}x${++count}`;
  const address = `ann@${tag}.example`;
  const formerAddress = `former@${tag}.example`;
  const orgs: OrgWithOwner[] = [await anOrgWithOwner(server), await anOrgWithOwner(server), await anOrgWithOwner(server)];
  const rename = (userId: string, changes: { name?: string; email?: string }) => server.operate('PUT', `/users/${userId}/`, changes);
  const victim = await aPerson(server);
  await rename(victim.userId, { email: formerAddress, name: `Former of ${tag}` });
  const alias = { name: `Erased user ${victim.userId}`, email: `erased-${victim.userId}@users.invalid` };
  const similar = [`${address}.org`, `jo${address}`, `jo.${address}`, `x+${address}`, `ann@sub.${tag}.example`];
  const names = ['com', 'role', 'owner', 'Ann', 'the', tag, address, similar[0]!, alias.name, alias.email, 'users', '', '$&', '.*'];
  const name = random.pick(names);

  // Others with the same names, similar addresses, and addresses of the victim without a proof.
  const others: Person[] = [];
  for (const email of random.shuffle(similar).slice(0, 3)) {
    const other = await aPerson(server);
    assert.equal((await rename(other.userId, { email })).status, 200, email);
    await db
      .updateTable('users')
      .set({ name: random.pick([name, address, formerAddress, ...names]) })
      .where('id', '=', other.userId)
      .execute();
    if (random.chance(0.5)) {
      await db.insertInto('user_emails').values({ user_id: other.userId, email: address, is_verified: false }).execute();
    }
    for (const org of orgs) if (random.chance(0.6)) await addMember(server, org, other, 'member');
    others.push(other);
  }

  await addMember(server, orgs[0]!, victim, 'manager');
  await rename(victim.userId, { email: address });
  // Names with addresses are refused today. Former versions stored them.
  await db.updateTable('users').set({ name }).where('id', '=', victim.userId).execute();
  await db.insertInto('user_emails').values({ user_id: victim.userId, email: similar[4]!, is_verified: false }).execute();

  const { token } = (await server.operate('POST', `/users/${victim.userId}/tokens/`, { scopes })).body;
  const act = async (org: OrgWithOwner, who: { token?: string; cookie?: string }, method: string, below: string, body?: object) => {
    const headers = random.chance(0.5) ? { 'Idempotency-Key': `${tag}-${random.int(1e9)}` } : {};
    return server.request(method, `/api/0/organizations/${org.slug}/${below}`, { ...who, headers, ...(body && { body }) });
  };
  const texts = [name, address, similar[0]!, similar[1]!, `the ${name} team`].filter((text) => text !== '');
  for (const org of orgs) {
    const owner = { cookie: org.cookie };
    await act(org, owner, 'POST', 'teams/', { slug: `base-${tag}`, name: random.pick(texts) });
    for (const email of random.shuffle([similar[2]!, similar[3]!, `friend@${tag}.example`]))
      await act(org, owner, 'POST', 'members/', { email });
    const { body: members } = await act(org, owner, 'GET', 'members/');
    for (const { id } of members) {
      if (random.chance(0.5)) await act(org, owner, 'POST', `members/${id}/teams/base-${tag}/`);
      if (random.chance(0.3)) await act(org, owner, 'PUT', `members/${id}/`, { orgRole: 'admin' });
    }
    if (random.chance(0.4)) {
      // An invite to the victim, and a removed one.
      const { body } = await act(org, owner, 'POST', 'members/', { email: random.pick([address, address.toUpperCase()]) });
      if (random.chance(0.5)) await act(org, owner, 'DELETE', `members/${body.id}/`);
    }
    await insertTexts(server, org.id, random, texts);
  }
  await act(orgs[0]!, { token }, 'POST', 'members/', { email: `friend-of@${tag}.example` });
  await act(orgs[0]!, { token }, 'POST', 'teams/', { slug: `own-${tag}` });
  for (const { userId } of others) await queueMail(server, userId, similar[0]!, name);
  await queueMail(server, victim.userId, similar[1]!, name);
  await queueMail(server, null, address, name);
  for (const org of orgs.slice(0, 2)) await anExport(server, org.id);
  // Mails of the requests above are sent at any time. They are not what this test compares.
  await sql`DELETE FROM mail_outbox WHERE next_attempt_at < now() + interval '1 day'`.execute(db);

  const { rows } = await sql<{ id: string }>`
    SELECT organization_id::text AS id FROM members WHERE user_id = ${victim.userId} OR (user_id IS NULL AND lower(email) = ${address})
    UNION SELECT organization_id::text FROM removed_members WHERE user_id = ${victim.userId} OR email = ${address}
    UNION SELECT organization_id::text FROM sent_invites WHERE lower(email) = ${address}`.execute(db);
  return { victim, verified: [address], formerAddress, visited: new Set(rows.map(({ id }) => id)), alias };
}

async function insertTexts(server: TestServer, orgId: string, random: SeededRandom, texts: readonly string[]): Promise<void> {
  const { db } = server.services;
  for (const text of texts) {
    await sql`INSERT INTO audit_entries (organization_id, event, target_object, note, data, date_created, is_live) VALUES
      (${orgId}, 'org.edit', ${orgId}, ${`renamed ${text} (role: owner)`}, ${JSON.stringify({ name: text, id: orgId })}::jsonb, now(), false)`.execute(
      db,
    );
    await sql`INSERT INTO deliveries (organization_id, consumer, event_id, event_type, attempt, delivered_at, ms, error, response) VALUES
      (${orgId}, 'webhook:1', ${`${orgId}.${1 + random.int(8)}.0`}, 'member.added', 1, now(), 1, ${`refused ${text}`}, ${JSON.stringify({ text })})`.execute(
      db,
    );
  }
  await sql`INSERT INTO log_consumers (organization_id, consumer, epoch, revision, is_active, last_error)
    SELECT organization_id, 'webhook:1', epoch, revision, false, ${texts[1]!} FROM org_heads WHERE organization_id = ${orgId}`.execute(db);
}

function queueMail(server: TestServer, namedUserId: string | null, recipient: string, name: string) {
  const params = { orgName: name, email: recipient, requesterName: name, namedUserId };
  return server.services.db
    .insertInto('mail_outbox')
    .values({ template: 'invite-request', params: JSON.stringify(params), recipient, next_attempt_at: '2100-01-01T00:00:00Z' })
    .execute();
}

/** Each changed value is the victim's, by the id beside it or by a whole verified address in it. */
function assertOthersUnchanged(world: World, before: Dump, after: Dump): void {
  const ids = idsOf(world, before);
  for (const [table, rows] of before) {
    if (ofTheServer.has(table)) continue;
    for (const [key, row] of rows) {
      if (table === 'org_heads' && (world.visited.has(String(row.organization_id)) || row.organization_id === 0)) continue;
      const found = after.get(table)!.get(key);
      const what = `${table} ${key}`;
      if (found === undefined) assert.ok(isRemovable(world, ids, table, row), `${what} was removed: ${JSON.stringify(row)}`);
      else compare(world, ids, table, [], row, found, [row], what);
    }
  }
  for (const [table, rows] of after) {
    const isGrowing = ['change_log', 'audit_entries', 'removed_members'].includes(table) || ofTheServer.has(table);
    for (const [key, row] of rows) {
      if (before.get(table)?.has(key)) continue;
      // Events are written a little later. The one of the erasure has no target.
      const isExpected =
        table === 'security_events' ||
        (isGrowing &&
          (table === 'jobs' || ofTheServer.has(table) || world.visited.has(String(row.organization_id)) || row.organization_id === 0));
      assert.ok(isExpected, `${table} ${key} was added: ${JSON.stringify(row)}`);
    }
  }
}

/** The ids of the victim's user, and of their members and invites. */
function idsOf({ victim, verified }: World, before: Dump): ReadonlySet<string> {
  const ids = new Set([victim.userId]);
  const add = (id: unknown) => ids.add(String(id));
  for (const row of before.get('members')!.values()) {
    if (String(row.user_id) === victim.userId || (row.user_id === null && verified.includes(String(row.email).toLowerCase()))) add(row.id);
  }
  for (const row of before.get('removed_members')!.values()) {
    if (String(row.user_id) === victim.userId || verified.includes(row.email)) add(row.member_id);
  }
  return ids;
}

const idColumns = ['id', 'user_id', 'member_id', 'inviter_id', 'record_id', 'actor_user_id', 'target_user_id', 'requested_by'];

function isRemovable({ victim, verified, visited }: World, ids: ReadonlySet<string>, table: string, row: Row): boolean {
  if (['exports', 'export_pieces'].includes(table)) return visited.has(String(row.organization_id));
  if (idColumns.some((column) => ids.has(String(row[column])))) return true;
  if (verified.includes(String(row.email ?? row.recipient).toLowerCase())) return true;
  // Invites that a removed member sent are withdrawn.
  if (row.actor === `user:${victim.userId}`) return true;
  if (table === 'team_members') return ids.has(String(row.member_id));
  if (table !== 'idempotency_keys') return false;
  const text = JSON.stringify(row.answer);
  return [...ids].some((id) => text.includes(`"id":"${id}"`)) || verified.some((one) => text.toLowerCase().includes(`"${one}"`));
}

/** @param parents the objects around the value, the innermost last */
function compare(
  world: World,
  ids: ReadonlySet<string>,
  table: string,
  path: readonly string[],
  before: unknown,
  after: unknown,
  parents: readonly Row[],
  what: string,
): void {
  if (before !== null && typeof before === 'object') {
    assert.ok(after !== null && typeof after === 'object', `${what} ${path.join('.')}`);
    assert.deepEqual(Object.keys(after).sort(), Object.keys(before).sort(), `${what} ${path.join('.')}`);
    for (const [field, value] of Object.entries(before)) {
      const inner = Array.isArray(before) ? parents : [...parents, before as Row];
      compare(world, ids, table, [...path, field], value, (after as Row)[field], inner, what);
    }
    return;
  }
  if (before === after || volatileColumns.has(path.at(-1)!)) return;
  const message = `${what} ${path.join('.')}: ${JSON.stringify(before)} became ${JSON.stringify(after)}`;
  const field = path.at(-1)!;
  if (table === 'users') {
    assert.equal(String(parents.at(-1)!.id), world.victim.userId, message);
    return;
  }
  // Deliveries about the victim lose the response.
  if (table === 'deliveries' && field === 'response' && after === null) {
    assert.ok(world.visited.has(String(parents[0]!.organization_id)), message);
    return;
  }
  const owner = ownerOf(field, parents.at(-1)!, ids, world.victim.userId);
  if (owner) {
    assert.ok(after === null || after === world.alias.name || after === world.alias.email, message);
    return;
  }
  assert.equal(typeof before, 'string', message);
  const own = isAbout(parents, ids) ? [...world.verified, world.formerAddress] : world.verified;
  assert.equal(after, withoutAddresses(String(before), own, world.alias.email), message);
}

/** Whether the field has a name or an address of the victim, by the id in the same object. */
function ownerOf(field: string, object: Row, ids: ReadonlySet<string>, userId: string): boolean {
  const isId = (value: unknown) => value !== null && value !== undefined && ids.has(String(value));
  if (field === 'inviterName' || field === 'inviter_name') return isId(object.inviterId ?? object.inviter_id);
  if (field === 'actor_name') return isId(object.actor_user_id);
  if (field === 'target_user_name') return isId(object.target_user_id);
  if (field === 'ip_address') return isId(object.actor_user_id);
  if (field === 'ipAddress') return isId(object.actor?.id);
  const isCaller = object.caller_kind === 'user' && object.caller_id === userId;
  if (['caller_id', 'credential_id', 'address'].includes(field)) return isCaller;
  if (['target_kind', 'target_id'].includes(field))
    return (object.target_kind === 'user' && object.target_id === userId) || (object.target_kind === 'network' && isCaller);
  if (['requesterName', 'createdBy', 'requestedBy'].includes(field)) return isId(object.namedUserId);
  if (['name', 'email', 'username'].includes(field)) return isId(object.id) && (!object.user || String(object.user.id) === userId);
  return false;
}

/** Whether an audit entry is about the victim. */
function isAbout(parents: readonly Row[], ids: ReadonlySet<string>): boolean {
  const isId = (value: unknown) => value !== null && value !== undefined && ids.has(String(value));
  return parents.some(
    (object) =>
      isId(object.actor_user_id) ||
      isId(object.target_user_id) ||
      isId(object.target_object) ||
      isId(object.actor?.id) ||
      isId(object.targetUser?.id) ||
      isId(object.targetObject) ||
      isId(object.data?.id),
  );
}

/** Splits at everything that no address of the test contains. */
function withoutAddresses(text: string, addresses: readonly string[], alias: string): string {
  return text
    .split(/([^A-Za-z0-9._+@-]+)/)
    .map((part) => (addresses.includes(part.toLowerCase()) ? alias : part))
    .join('');
}

/** Free texts of an organization that has nothing about the victim by id or by an invite. */
const freeTexts = ['audit_entries', 'deliveries', 'log_consumers'];

/**
 * Finds no address, except in documented places: texts of organizations that have no relation to
 * the victim; names of other people, teams and organizations, which their owners chose; addresses
 * that other people added to their accounts without a proof.
 */
function assertNothingLeft(world: World, after: Dump): void {
  const documented = (table: string, path: readonly string[]) =>
    table === 'user_emails' ||
    (['name', 'orgName', 'requesterName', 'inviterName', 'actor_name', 'target_user_name'].includes(path.at(-1)!) &&
      table !== 'deliveries');
  const search = (table: string, path: readonly string[], value: unknown, row: Row): void => {
    if (value !== null && typeof value === 'object') {
      for (const [field, inner] of Object.entries(value)) search(table, [...path, field], inner, row);
      return;
    }
    if (typeof value !== 'string' || documented(table, path)) return;
    const replaced = withoutAddresses(value, world.verified, '');
    assert.equal(replaced, value, `${table} ${path.join('.')} still has an address: ${JSON.stringify(row)}`);
  };
  for (const [table, rows] of after) {
    for (const row of rows.values()) {
      const isForeign = freeTexts.includes(table) && !world.visited.has(String(row.organization_id));
      if (!isForeign) search(table, [], row, row);
    }
  }
  const user = [...after.get('users')!.values()].find(({ id }) => String(id) === world.victim.userId)!;
  assert.deepEqual([user.name, user.email], [world.alias.name, world.alias.email]);
  for (const table of ['audit_entries', 'change_log', 'members']) {
    for (const row of after.get(table)!.values()) assertAliased(world, row);
  }
}

/** Every object with the victim's id has the alias, or no name. */
function assertAliased(world: World, value: unknown): void {
  if (value === null || typeof value !== 'object') return;
  const { id, name, email, actor_user_id, actor_name, target_user_id, target_user_name } = value as Row;
  const isOwn = (one: unknown, text: unknown) => {
    if (String(one) === world.victim.userId)
      assert.ok([world.alias.name, '', undefined, null].includes(text as string), JSON.stringify(value));
  };
  isOwn(id, name);
  isOwn(actor_user_id, actor_name);
  isOwn(target_user_id, target_user_name);
  if (String(id) === world.victim.userId) assert.ok([world.alias.email, undefined, null].includes(email), JSON.stringify(value));
  for (const inner of Object.values(value)) assertAliased(world, inner);
}

function stable(dump: Dump): unknown {
  return [...dump]
    .filter(([table]) => !ofTheServer.has(table) && table !== 'org_heads')
    .map(([table, rows]) => [
      table,
      [...rows].map(([key, row]) => [key, Object.fromEntries(Object.entries(row).filter(([column]) => !volatileColumns.has(column)))]),
    ]);
}
