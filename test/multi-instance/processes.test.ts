import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { eventually } from '../support/eventually.ts';
import { sharedPostgres, type TestDatabase } from '../support/postgres.ts';
import { type StartedProcess, startProcess } from '../support/process.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../support/provision.ts';
import { sharedRedis } from '../support/redis.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import { type Api, apiOf } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

interface Instance {
  readonly process: StartedProcess;
  readonly url: string;
  readonly api: Api;
}

describe('two processes on one database and one Redis', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let one: Instance;
  let other: Instance;
  let owner: Person;
  let org: ProvisionedOrg;

  before(async () => {
    database = await (await sharedPostgres()).createDatabase();
    const environment = {
      PORT: '0',
      DATABASE_URL: database.url,
      REDIS_URL: (await sharedRedis()).url,
      SECRET: randomBytes(24).toString('hex'),
      OPERATOR_TOKEN: randomBytes(24).toString('hex'),
    };
    // Started concurrently, so that they also share the migrations.
    [one, other] = await Promise.all([start(environment), start(environment)]);
    owner = await aPerson(one.api);
    org = await anOrganizationOf(one.api, owner);
  });
  after(async () => {
    await Promise.all([one, other].map((instance) => instance?.process.kill('SIGKILL')));
    await database?.drop();
  });

  async function start(environment: Record<string, string> & { OPERATOR_TOKEN: string }): Promise<Instance> {
    const process = startProcess(['start'], { ...environment, DATA_DIR: makeTemporaryDirectory('data') });
    const [, url] = await process.waitForLine(/is ready on (\S+)/, 30_000);
    const api = apiOf(url!, environment.OPERATOR_TOKEN);
    await eventually(async () => assert.equal((await api.operate('GET', '/health/')).body.bus, 'redis'));
    return { process, url: url!, api };
  }

  const createTeam = ({ api }: Instance, slug: string) =>
    api.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: owner.token, body: { slug } });

  it('[R1] [A2] push changes and the end of access to each other’s subscribers', async () => {
    const member = await aPerson(one.api);
    await addMember(one.api, org, member, 'member');
    const [ofOwner, ofMember] = await Promise.all([
      WireReplica.open(other.url, owner.token, org.slug),
      WireReplica.open(other.url, member.token, org.slug),
    ]);
    const created = await createTeam(one, 'platform');
    for (const replica of [ofOwner, ofMember])
      await eventually(() => assert.ok(replica.state.get('team', created.body.id), 'the team has not arrived'));

    await one.api.request('DELETE', `/api/0/organizations/${org.slug}/members/${member.memberId}/`, { token: owner.token });
    const later = await createTeam(one, 'later');
    await eventually(() => assert.ok(ofMember.revoked, 'access has not ended'));
    await eventually(() => assert.ok(ofOwner.revision >= revisionOf(later), `it is at ${ofOwner.revision}`));
    assert.equal(ofMember.frames.at(-1)?.event, 'revoked');
    for (const replica of [ofOwner, ofMember]) {
      replica.check();
      replica.close();
    }
  });

  it('[R6] [W8] lose nothing if one is killed, because its subscribers resume at the other', async () => {
    const left = await WireReplica.open(one.url, owner.token, org.slug);
    // Killed after its response: the notice may not have been published.
    const last = await createTeam(one, 'last');
    const stays = await WireReplica.open(other.url, owner.token, org.slug);
    const unanswered = createTeam(one, 'unanswered').catch(() => null);
    await one.process.kill('SIGKILL');
    await Promise.all([unanswered, eventually(() => assert.ok(!left.socket.connected, 'it is still connected'))]);

    const came = await WireReplica.connect(other.url, owner.token);
    came.state = left.state;
    came.revision = left.revision;
    const answer = await came.subscribe(org.slug, { cursor: left.cursor });
    assert.equal(answer.mode, 'resume');
    const created = await createTeam(other, 'afterwards');
    for (const replica of [stays, came]) {
      await eventually(() => assert.equal(replica.revision, revisionOf(created)));
      replica.check();
      assert.ok(replica.state.get('team', last.body.id));
    }
    assert.deepEqual(came.records(), stays.records());
    came.close();
    stays.close();
  });

  it('exit with code 0 on SIGTERM', async () => {
    assert.deepEqual(await other.process.kill('SIGTERM'), { code: 0, signal: null });
  });
});
