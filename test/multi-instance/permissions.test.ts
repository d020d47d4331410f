import assert from 'node:assert/strict';
import { pino } from 'pino';
import { connect, type LocalOn, type OrganizationHandle } from '../../client-sdk/src/index.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { writePermissionsFile } from '../support/permissions.ts';
import { type StartedProcess, startProcess } from '../support/process.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../support/provision.ts';
import { sharedRedis } from '../support/redis.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import { type Api, apiOf, startServer, type TestServer } from '../support/server.ts';

const approve = 'invoice:approve';
const tableOf = (version: number, orgRoles: readonly string[], teamRoles: readonly string[] = []) => ({
  version,
  scopes: { [approve]: { orgRoles, teamRoles } },
});

async function readiness(url: string): Promise<{ readonly status: number; readonly missing?: string }> {
  const response = await fetch(`${url}/readyz`);
  return { status: response.status, missing: ((await response.json()) as { missing?: string }).missing! };
}

describe('PERMISSIONS_FILE', function () {
  this.timeout(120_000);

  describe('replaced by a rolling restart of two instances', () => {
    /** Provides the database and Redis for the processes. */
    let support: Instances;
    let owner: Person;
    let member: Person;
    let org: ProvisionedOrg;
    let ports: readonly number[];
    const processes: StartedProcess[] = [];

    before(async () => {
      support = await startInstances(1, { redisUrl: (await sharedRedis()).url });
      const [api] = support.servers as [TestServer];
      [owner, member] = [await aPerson(api), await aPerson(api)];
      org = await anOrganizationOf(api, owner);
      await addMember(api, org, member, 'member');
      const onTeam = `/api/0/organizations/${org.slug}/members/${member.memberId}/teams/red/`;
      await api.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: owner.token, body: { slug: 'red' } });
      await api.request('POST', onTeam, { token: owner.token });
      assert.equal((await api.request('PUT', onTeam, { token: owner.token, body: { teamRole: 'admin' } })).status, 200);
      await api.stop();
      ports = [await freePort(), await freePort()];
    });
    after(async () => {
      await Promise.all(processes.map((process) => process.kill('SIGKILL')));
      await support?.stop();
    });

    const urlOf = (index: number) => `http://127.0.0.1:${ports[index]}`;

    async function start(index: number, file: string): Promise<void> {
      const { environment } = support;
      const variables = { ...environment, REDIS_URL: (await sharedRedis()).url, PERMISSIONS_FILE: file, PORT: String(ports[index]) };
      processes[index] = startProcess(['start'], { ...variables, DATA_DIR: makeTemporaryDirectory('data') });
      await processes[index].waitForLine(/is ready on/, 60_000);
    }

    async function restart(index: number, file: string): Promise<void> {
      await processes[index]!.kill('SIGTERM');
      await start(index, file);
      await eventually(async () => assert.deepEqual(await readiness(urlOf(index)), { status: 200, missing: undefined }));
    }

    it('[F2] leads to the same decisions everywhere while the replicas are fresh', async () => {
      const file = writePermissionsFile(tableOf(1, ['owner']));
      await Promise.all([start(0, file), start(1, file)]);
      await using browser = connect({ url: urlOf(0), token: owner.token, leaseMs: 15_000 });
      await using backEnd = connect({ url: urlOf(1), token: owner.token, leaseMs: 5_000 });
      const handles = [browser, backEnd].map((client) => client.organization(org.slug));
      await Promise.all(handles.map((handle) => handle.ready()));

      const questions: readonly [Person, LocalOn?][] = [[owner], [member], [member, { team: 'red' }]];
      const answersOf = (handle: OrganizationHandle) =>
        questions.map(([{ userId }, on]) => {
          const { allowed, why, fresh } = handle.can({ userId }, approve, on);
          return fresh ? `${allowed} ${why}` : null;
        });
      const seen = new Map<string, number>();
      const differences: unknown[] = [];
      const sampling = setInterval(() => {
        const [first, second] = handles.map(answersOf) as [(string | null)[], (string | null)[]];
        if ([...first, ...second].includes(null)) return;
        if (first.join() !== second.join()) differences.push([first, second]);
        seen.set(first.join(), (seen.get(first.join()) ?? 0) + 1);
      }, 1);
      const areEverywhere = (expected: readonly string[]) =>
        eventually(
          async () => {
            for (const handle of handles) assert.deepEqual(answersOf(handle), expected);
            for (const url of [urlOf(0), urlOf(1)]) assert.deepEqual(await serverAnswers(apiOf(url, '')), expected);
          },
          { timeoutMs: 20_000 },
        );
      const serverAnswers = (api: Api) =>
        Promise.all(
          questions.map(async ([{ userId }, on]) => {
            const query = new URLSearchParams({ userId, scope: approve, ...on });
            const { body } = await api.request('GET', `/api/0/organizations/${org.id}/can/?${query}`, { token: owner.token });
            return `${body.allowed} ${body.why}`;
          }),
        );

      const original = ['true org-role', 'false missing-scope', 'false missing-scope'];
      const changed = ['false missing-scope', 'true org-role', 'true org-role'];
      const onTeamOnly = ['true org-role', 'false missing-scope', 'true team-role'];
      try {
        await areEverywhere(original);
        writePermissionsFile(tableOf(2, ['member']), file);
        await restart(0, file);
        // The other instance has the new table too, and is ready until its own restart.
        await areEverywhere(changed);
        assert.equal((await readiness(urlOf(1))).status, 200);
        await restart(1, file);
        await areEverywhere(changed);
        writePermissionsFile(tableOf(3, ['owner'], ['admin']), file);
        for (const index of [1, 0]) await restart(index, file);
        await areEverywhere(onTeamOnly);
      } finally {
        clearInterval(sampling);
      }
      assert.deepEqual(differences, []);
      assert.deepEqual(new Set(seen.keys()), new Set([original.join(), changed.join(), onTeamOnly.join()]));
    });
  });

  describe('PERMISSIONS_FILE of one instance', () => {
    let instances: Instances;
    let owner: Person;
    let org: ProvisionedOrg;
    const others: TestServer[] = [];

    before(async () => {
      const PERMISSIONS_FILE = writePermissionsFile(tableOf(2, ['owner']));
      instances = await startInstances(1, { redisUrl: (await sharedRedis()).url, environment: { PERMISSIONS_FILE } });
      owner = await aPerson(instances.servers[0]!);
      org = await anOrganizationOf(instances.servers[0]!, owner);
    });
    after(async () => {
      await Promise.all(others.map((server) => server.stop()));
      await instances?.stop();
    });

    async function startWith(table: unknown): Promise<{ readonly server: TestServer; readonly warnings: readonly string[] }> {
      const warnings: string[] = [];
      const log = pino({ level: 'warn' }, { write: (line: string) => warnings.push(JSON.parse(line).msg) });
      const PERMISSIONS_FILE = table === null ? '' : writePermissionsFile(table);
      const server = await startServer({ ...instances.environment, PERMISSIONS_FILE }, { log });
      others.push(server);
      return { server, warnings };
    }

    const differing: readonly [name: string, table: unknown, message: RegExp][] = [
      ['a lower version', tableOf(1, ['member']), /^PERMISSIONS_FILE has version 1, but version 2 is in force\. /],
      [
        'the same version',
        tableOf(2, ['member']),
        /^PERMISSIONS_FILE differs from the permissions in force, which have the same version 2\. /,
      ],
      ['no file', null, /^PERMISSIONS_FILE is not set, but version 2 of the permissions is in force\. /],
    ];
    for (const [name, table, message] of differing) {
      it(`makes the instance unready, which decides by those in force: ${name}`, async () => {
        const { server, warnings } = await startWith(table);
        const { status, missing } = await readiness(server.url);
        assert.equal(status, 503);
        assert.match(missing!, message);
        assert.deepEqual(warnings, [`This instance is not ready: ${missing}`]);
        const query = `userId=${owner.userId}&scope=${approve}`;
        const { body } = await server.request('GET', `/api/0/organizations/${org.id}/can/?${query}`, { token: owner.token });
        assert.deepEqual([body.allowed, body.why], [true, 'org-role']);
        await using client = connect({ url: server.url, token: owner.token });
        await client.organization(org.slug).ready();
        assert.equal(client.organization(org.slug).can({ userId: owner.userId }, approve).allowed, true);
      });
    }

    it('makes the instance ready if only its version is lower', async () => {
      const { server, warnings } = await startWith(tableOf(1, ['owner']));
      assert.deepEqual([(await readiness(server.url)).status, warnings], [200, []]);
    });

    it('takes effect on all instances if its version is higher, and they stay ready', async () => {
      const { server } = await startWith(tableOf(3, ['member']));
      assert.equal((await readiness(server.url)).status, 200);
      const [first] = instances.servers as [TestServer];
      const query = `userId=${owner.userId}&scope=${approve}`;
      const { body } = await first.request('GET', `/api/0/organizations/${org.id}/can/?${query}`, { token: owner.token });
      assert.deepEqual([body.allowed, body.why], [false, 'missing-scope']);
      assert.equal((await readiness(first.url)).status, 200);
    });
  });
});
