import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { addAgedRevisions } from '../support/aged-log.ts';
import { download, fillAudit, linesOf, statusOf } from '../support/archives.ts';
import { aFollowingTeam, connectGitHub, mappedMembers } from '../support/directories.ts';
import { erasureOf } from '../support/erasures.ts';
import { eventually } from '../support/eventually.ts';
import { aLoggedInMember, anOrgWithOwner, type LoggedIn, type OrgWithOwner } from '../support/logged-in.ts';
import { aMigratedDatabase } from '../support/migrated-database.ts';
import { endPlanDelay, setPlan } from '../support/plans.ts';
import type { TestDatabase } from '../support/postgres.ts';
import { type StartedProcess, startProcess } from '../support/process.ts';
import { type GitHubOrganization, GitHubStandIn, githubSettings } from '../support/providers/github.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import { type Api, apiOf, startServer, type TestServer } from '../support/server.ts';
import { startSmtp, type TestSmtp } from '../support/smtp.ts';
import { storedRecords } from '../support/stored-records.ts';
import { WebhookReceiver } from '../support/webhook-receiver.ts';
import { aWebhook, callWebhooks } from '../support/webhooks.ts';

const operatorToken = randomBytes(24).toString('hex');
const invited = 'invited@example.com';
/** These audit entries make two pieces of a file. */
const auditEntries = 3_000;

/** The claims on each queue. Revocations have no lease, but the time of their call. */
const leasesQuery = `
  SELECT 'mail' AS queue, lease FROM mail_outbox WHERE lease IS NOT NULL
  UNION ALL SELECT 'webhook', lease FROM log_consumers WHERE lease IS NOT NULL
  UNION ALL SELECT 'directory', lease FROM directory_reads WHERE lease IS NOT NULL
  UNION ALL SELECT 'export', lease FROM exports WHERE lease IS NOT NULL
  UNION ALL SELECT kind, lease FROM jobs WHERE lease IS NOT NULL
  UNION ALL SELECT 'retention', lease FROM retention_runs WHERE lease IS NOT NULL
  UNION ALL SELECT 'revocation', called_until::text FROM provider_revocations WHERE called_until > clock_timestamp()
  ORDER BY 1, 2`;
/** These wait for locks. Those that give up and pause are hurried. */
const lockedQueues = ['erase-user', 'export', 'refresh-members', 'retention'];
/** These wait for a response from outside, for ten seconds or a little more. */
const outsideQueues = ['directory', 'mail', 'revocation', 'webhook'];
const everyQueue = [...lockedQueues, ...outsideQueues].sort();

const hurry = `
  UPDATE jobs SET next_attempt_at = clock_timestamp() WHERE finished_at IS NULL AND lease IS NULL;
  UPDATE provider_revocations SET next_attempt_at = clock_timestamp() WHERE called_until < clock_timestamp();`;

const endLeases = `
  UPDATE mail_outbox SET next_attempt_at = clock_timestamp() WHERE lease IS NOT NULL;
  UPDATE log_consumers SET leased_until = clock_timestamp() WHERE lease IS NOT NULL;
  UPDATE directory_reads SET leased_until = clock_timestamp() WHERE lease IS NOT NULL;
  UPDATE exports SET leased_until = clock_timestamp() WHERE lease IS NOT NULL;
  UPDATE jobs SET leased_until = clock_timestamp() WHERE lease IS NOT NULL;
  UPDATE retention_runs SET leased_until = clock_timestamp() WHERE lease IS NOT NULL;
  UPDATE provider_revocations SET next_attempt_at = clock_timestamp();`;

describe('an instance that is killed while it works on every queue', function () {
  this.timeout(240_000);
  let database: TestDatabase;
  let environment: Record<string, string>;
  let smtp: TestSmtp;
  let github: GitHubStandIn;
  let receiver: WebhookReceiver;
  /** Holds the locks for which the instance waits. */
  let holder: pg.Client;
  let watcher: pg.Client;
  let first: TestServer;
  let second: TestServer;
  let dying: StartedProcess;

  let hooked: OrgWithOwner;
  let webhookId: string;
  let followed: OrgWithOwner;
  let acme: GitHubOrganization;
  let directoryId: string;
  let team: { readonly id: string };
  let disconnected: OrgWithOwner;
  let former: GitHubOrganization;
  let formerId: string;
  let exported: OrgWithOwner;
  let exportId: string;
  let pruned: OrgWithOwner;
  let renamed: LoggedIn;
  let erased: LoggedIn;
  let orgs: readonly OrgWithOwner[];

  const rows = async (query: string, values: readonly unknown[] = []) => (await watcher.query(query, [...values])).rows;
  const leases = () => rows(leasesQuery);
  const assertClaimed = async (queues: readonly string[]) => {
    await watcher.query(hurry);
    const claimed = new Set((await leases()).map(({ queue }) => queue));
    assert.deepEqual(
      queues.filter((queue) => !claimed.has(queue)),
      [],
    );
  };
  const needsConfirmation = async (on: Api) => {
    const path = `/api/0/organizations/${followed.slug}/integrations/${directoryId}/drift/`;
    return (await on.request('GET', path, { cookie: followed.cookie })).body.needsConfirmation;
  };
  const onTeam = async (on: Api) => (await storedRecords(on, followed.id, 'team-member')).filter(({ teamId }) => teamId === team.id);
  const synchronize = (on: Api, body: object) =>
    on.request('POST', `/api/0/organizations/${followed.slug}/integrations/${directoryId}/sync/`, { cookie: followed.cookie, body });

  before(async () => {
    database = await aMigratedDatabase();
    [smtp, github, receiver] = await Promise.all([startSmtp(), GitHubStandIn.start(), WebhookReceiver.start()]);
    environment = {
      ...{ DATABASE_URL: database.url, SECRET: randomBytes(24).toString('hex'), OPERATOR_TOKEN: operatorToken },
      ...{ SMTP_URL: smtp.url, OUTBOUND_ALLOWED: '127.0.0.1', ...githubSettings(github.url) },
    };
    [holder, watcher] = [new pg.Client(database.url), new pg.Client(database.url)];
    await Promise.all([holder.connect(), watcher.connect()]);
    first = await startServer(environment);
    await prepare();
    await first.stop();
  });
  after(async () => {
    await dying?.kill('SIGKILL');
    await second?.stop();
    await Promise.all([holder?.end(), watcher?.end()]);
    await Promise.all([smtp?.stop(), github?.stop(), receiver?.stop()]);
    await database?.drop();
  });

  /** Makes an organization for each queue. */
  async function prepare(): Promise<void> {
    hooked = await anOrgWithOwner(first);
    webhookId = (await aWebhook(first, hooked, { url: receiver.url, eventTypes: ['team.created'] })).id;
    followed = await anOrgWithOwner(first);
    acme = github.addOrganization('acme', 6);
    directoryId = await connectGitHub(first, followed.id, acme);
    await mappedMembers(first, followed, directoryId, acme, 4);
    acme.teams.set(7, { slug: 'backend', people: [...acme.people.keys()].slice(0, 4) });
    team = await aFollowingTeam(first, followed, directoryId, { id: 7, slug: 'backend' });
    await synchronize(first, {});
    await eventually(async () => assert.equal((await onTeam(first)).length, 4));
    acme.teams.get(7)!.people.splice(0);
    await synchronize(first, {});
    await eventually(async () => assert.equal((await needsConfirmation(first)).length, 1));
    disconnected = await anOrgWithOwner(first);
    former = github.addOrganization('former', 1);
    formerId = await connectGitHub(first, disconnected.id, former);
    exported = await anOrgWithOwner(first);
    await fillAudit(first, exported.id, auditEntries);
    pruned = await anOrgWithOwner(first);
    await addAgedRevisions(first.services.db, pruned.id, 1_500, 5);
    await setPlan(first, pruned.id, { planDaysMax: 1 });
    await endPlanDelay(first, pruned.id);
    orgs = [await anOrgWithOwner(first), await anOrgWithOwner(first)];
    [renamed, erased] = [await aLoggedInMember(first, orgs[0]!), await aLoggedInMember(first, orgs[0]!)];
    for (const { userId } of [renamed, erased]) await first.operate('POST', `/organizations/${orgs[1]!.id}/members/`, { userId });
    await eventually(async () => assert.deepEqual(await leases(), []), { timeoutMs: 20_000 });
    // The second piece of the file waits for the holder's lock.
    await watcher.query(`
      CREATE FUNCTION wait_for_holder() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NEW; END $$;
      CREATE TRIGGER wait_for_holder BEFORE INSERT ON export_pieces FOR EACH ROW WHEN (NEW.number = 1) EXECUTE FUNCTION wait_for_holder();`);
  }

  /** Requests work of each kind, which then waits for the returned function. */
  async function occupy(api: Api): Promise<() => Promise<void>> {
    await holder.query('BEGIN');
    await holder.query('SELECT pg_advisory_xact_lock(1)');
    await holder.query('SELECT FROM org_heads WHERE organization_id = ANY ($1) FOR UPDATE', [[orgs[1]!.id, pruned.id]]);
    const releases = [github.hold(/\/orgs\/acme\/members/), github.hold(/^DELETE \/app\/installations/)];
    const answered = new Promise<void>((resolve) => releases.push(resolve));
    smtp.beforeAnswer = () => answered;
    receiver.respond = (_received, response) => void answered.then(() => response.end());

    const ask = (org: OrgWithOwner, method: string, path: string, body: object = {}) =>
      api.request(method, `/api/0/organizations/${org.slug}/${path}`, { cookie: org.cookie, body });
    const requested = await api.operate('POST', `/organizations/${exported.id}/export/`, {});
    exportId = requested.body.id;
    assert.equal((await api.operate('POST', '/jobs/retention/', { organization: pruned.id })).status, 202);
    // Its response waits for the job.
    void api.operate('PUT', `/users/${renamed.userId}/`, { name: 'Renamed' }).catch(() => {});
    assert.equal((await api.operate('DELETE', `/users/${erased.userId}/?mode=erase`)).status, 202);
    await eventually(() => assertClaimed(lockedQueues), { timeoutMs: 60_000 });
    await eventually(async () => assert.equal((await rows('SELECT FROM export_pieces')).length, 1), { timeoutMs: 30_000 });
    // They come last, so that none gives up before the others have begun.
    assert.equal((await ask(hooked, 'POST', 'teams/', { slug: 'web' })).status, 201);
    assert.equal((await ask(hooked, 'POST', 'members/', { email: invited })).status, 201);
    assert.equal((await synchronize(api, { confirm: true })).status, 202);
    assert.equal((await ask(disconnected, 'DELETE', `integrations/${formerId}/`)).status, 204);
    await eventually(() => assertClaimed(everyQueue), { timeoutMs: 60_000 });
    return async () => {
      await holder.query('ROLLBACK');
      for (const release of releases) release();
      smtp.beforeAnswer = null;
      receiver.respond = (_received, response) => response.end();
    };
  }

  it('[S-53] [S-71] [H-95] loses nothing: another instance continues each queue once the leases have ended, and repeats no change', async () => {
    const own = { DATABASE_URL: `${database.url}?lock_timeout=120000`, PORT: '0', DATA_DIR: makeTemporaryDirectory('dying') };
    dying = startProcess(['start'], { ...environment, ...own });
    const [, url] = await dying.waitForLine(/is ready on (\S+)/, 60_000);
    const release = await occupy(apiOf(url!, operatorToken));
    await dying.kill('SIGKILL');
    await release();
    const left = await leases();

    second = await startServer(environment);
    const other = 'other@example.com';
    const body = { email: other };
    await second.request('POST', `/api/0/organizations/${hooked.slug}/members/`, { cookie: hooked.cookie, body });
    await eventually(() =>
      assert.ok(
        smtp.received.some(({ recipients }) => recipients.includes(other)),
        'not sent',
      ),
    );
    // The second instance may have further work of its own.
    const held = new Set((await leases()).map(({ lease }) => lease));
    assert.deepEqual(
      left.filter(({ lease }) => !held.has(lease)),
      [],
      'the second instance took work whose lease had not ended',
    );
    await watcher.query(endLeases);
    await eventually(async () => assert.deepEqual(await leases(), []), { timeoutMs: 30_000 });

    // Mails and webhooks arrive at least once, with the same id.
    await eventually(async () => assert.deepEqual(await rows('SELECT FROM mail_outbox'), []));
    const mails = smtp.received.filter(({ recipients }) => recipients.includes(invited)).map(({ messageId }) => messageId);
    assert.deepEqual([mails.length, new Set(mails).size], [2, 1]);
    await eventually(async () => assert.equal((await callWebhooks(second, hooked, 'GET', `${webhookId}/state/`)).body.behind, 0));
    const events = receiver.received.map(({ headers }) => headers['webhook-id']);
    assert.deepEqual([events.length, new Set(events).size], [2, 1]);

    // A person's confirmation was about the reading that was interrupted.
    await eventually(async () => assert.deepEqual(await onTeam(second), []));
    assert.deepEqual(await needsConfirmation(second), []);
    await eventually(async () => assert.deepEqual(await rows('SELECT FROM provider_revocations WHERE NOT is_ended'), []), {
      timeoutMs: 20_000,
    });
    assert.equal(former.isInstalled, false);
    assert.deepEqual(
      await rows("SELECT FROM org_secrets WHERE owner_kind = 'integration' AND organization_id = $1", [disconnected.id]),
      [],
    );

    await eventually(async () => assert.equal(await statusOf(second, exported.id, exportId), 'done'), { timeoutMs: 20_000 });
    const lines = linesOf(await download(second, exported.id, exportId));
    assert.equal(lines.filter((line) => 'audit' in line).length, lines[0].counts.audit);
    assert.deepEqual(await rows('SELECT attempts FROM exports'), [{ attempts: 2 }]);

    await eventually(async () => {
      const [run] = await rows('SELECT last_run_at, last_result FROM retention_runs WHERE organization_id = $1', [pruned.id]);
      assert.ok(run!.last_run_at && !run!.last_result.error, JSON.stringify(run));
    });
    const [floor] = await rows(
      `SELECT floor_revision, (SELECT min(revision) FROM change_log AS log WHERE log.organization_id = head.organization_id) AS lowest
       FROM org_heads AS head WHERE organization_id = $1`,
      [pruned.id],
    );
    assert.ok(Number(floor!.floor_revision) > 100, JSON.stringify(floor));
    assert.equal(Number(floor!.lowest), Number(floor!.floor_revision) + 1);

    await erasureOf(second, erased.userId);
    await eventually(async () => assert.deepEqual(await rows('SELECT FROM jobs WHERE finished_at IS NULL'), []));
    const made = await rows(
      `SELECT organization_id, command, count(DISTINCT revision)::int AS times FROM change_log
       WHERE command IN ('refresh-member-user', 'redact-person') AND organization_id = ANY ($1) GROUP BY 1, 2 ORDER BY 1, 2`,
      [orgs.map(({ id }) => id)],
    );
    const once = orgs.flatMap(({ id }) => [
      { organization_id: id, command: 'redact-person', times: 1 },
      { organization_id: id, command: 'refresh-member-user', times: 1 },
    ]);
    assert.deepEqual(made, once);
    for (const { id } of orgs) {
      const members = await storedRecords(second, id, 'member');
      assert.equal(members.find(({ user }) => user?.id === renamed.userId).name, 'Renamed');
      assert.ok(!members.some(({ user }) => user?.id === erased.userId));
    }
  });
});
