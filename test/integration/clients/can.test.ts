import assert from 'node:assert/strict';
import { connect, type LocalOn, type LocalWho, type OrganizationHandle, type Scope } from '../../../client-sdk/src/index.ts';
import { orgRoleIds } from '../../../protocol/src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { forEachSeed, type SeededRandom } from '../../support/seeds.ts';
import { startServer, type TestServer } from '../../support/server.ts';

/**
 * `can()` on a replica and authorization on the server are one function: random states, every
 * actor, no difference.
 */

/** STATES sets the number of random states. */
const seedCount = Number(process.env.STATES ?? 3);

/** A request that changes nothing if it is allowed. Its status shows whether it was. */
interface Probe {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly scopes: readonly Scope[];
  readonly on?: LocalOn;
}

function probesOf(org: ProvisionedOrg, teams: readonly string[], projects: readonly string[]): Probe[] {
  const base = `/organizations/${org.slug}`;
  const probes: Probe[] = [
    { method: 'GET', path: `${base}/`, scopes: ['org:read', 'org:write', 'org:admin'] },
    { method: 'PUT', path: `${base}/`, body: {}, scopes: ['org:write', 'org:admin'] },
    { method: 'GET', path: `${base}/members/`, scopes: ['member:read', 'member:write', 'member:admin'] },
    { method: 'POST', path: `${base}/teams/`, body: {}, scopes: ['org:write', 'org:admin', 'team:write'] },
    { method: 'GET', path: `${base}/projects/`, scopes: ['org:read', 'org:write', 'org:admin'] },
  ];
  for (const team of teams) {
    const on = { team };
    probes.push({ method: 'GET', path: `/teams/${org.slug}/${team}/`, scopes: ['team:read', 'team:write', 'team:admin'], on });
    probes.push({ method: 'PUT', path: `/teams/${org.slug}/${team}/`, body: {}, scopes: ['team:write', 'team:admin'], on });
  }
  for (const project of projects) {
    const on = { project };
    probes.push({
      method: 'GET',
      path: `/projects/${org.slug}/${project}/`,
      scopes: ['project:read', 'project:write', 'project:admin'],
      on,
    });
    probes.push({
      method: 'PUT',
      path: `/projects/${org.slug}/${project}/`,
      body: { subjectPrefix: '' },
      scopes: ['project:write', 'project:admin'],
      on,
    });
  }
  return probes;
}

async function randomState(server: TestServer, random: SeededRandom, org: ProvisionedOrg, people: readonly Person[]) {
  const owner = org.owner;
  const rest = async (method: string, path: string, body?: unknown) => {
    const answer = await server.request(method, `/api/0${path}`, { token: owner.token, body });
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  };
  const teams = [`team-${nextNumber()}`, `team-${nextNumber()}`];
  const projects = [`project-${nextNumber()}`, `project-${nextNumber()}`];
  for (const slug of teams) await rest('POST', `/organizations/${org.slug}/teams/`, { slug });
  for (const [index, slug] of projects.entries()) await rest('POST', `/teams/${org.slug}/${teams[index]}/projects/`, { name: slug, slug });
  if (random.chance(0.5)) await rest('POST', `/projects/${org.slug}/${projects[0]}/teams/${teams[1]}/`);
  for (const person of people) {
    for (const team of teams) {
      if (random.chance(0.6)) continue;
      await rest('POST', `/organizations/${org.slug}/members/${person.memberId}/teams/${team}/`);
      const teamRole = random.pick(['admin', 'contributor']);
      await rest('PUT', `/organizations/${org.slug}/members/${person.memberId}/teams/${team}/`, { teamRole });
    }
  }
  await rest('PUT', `/organizations/${org.slug}/`, {
    openMembership: random.chance(0.4),
    eventsMemberAdmin: random.chance(0.5),
    alertsMemberWrite: random.chance(0.5),
  });
  return { teams, projects };
}

describe('can()', function () {
  this.timeout(300_000);
  let server: TestServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server.stop());

  async function assertSame(handle: OrganizationHandle, person: Person, { method, path, body, scopes, on }: Probe): Promise<boolean> {
    const answer = await server.request(method, `/api/0${path}`, { token: person.token, body });
    assert.ok(answer.status < 500, `${method} ${path}: ${answer.status}`);
    const isAllowed = answer.status !== 401 && answer.status !== 403;
    const decision = handle.can({ userId: person.userId }, scopes, on);
    const story = `${method} ${path} by ${handle.can({ userId: person.userId }, 'org:read').why}: server ${answer.status}, can() ${JSON.stringify(decision)}`;
    assert.equal(decision.allowed, isAllowed, story);
    return isAllowed;
  }

  /**
   * Asserts that a client with a stale replica gets from the server what a client with a current
   * replica computes.
   */
  async function assertServerSaysSame(handle: OrganizationHandle, caller: Person, who: LocalWho, { scopes, on }: Probe): Promise<void> {
    const query = new URLSearchParams([
      ...Object.entries({ ...who, ...on }),
      ...scopes.map((scope) => ['scope', scope] as [string, string]),
    ]);
    const answer = await server.request('GET', `/api/0/organizations/${handle.id}/can/?${query}`, { token: caller.token });
    assert.equal(answer.status, 200, `${query}: ${JSON.stringify(answer.body)}`);
    const { allowed, why, revision } = handle.can(who, scopes, on);
    assert.deepEqual(answer.body, { allowed, why, revision }, String(query));
  }

  it(`[A1] returns the same on the SDK and on the server for every actor, over ${seedCount} random states`, async () => {
    const verdicts = { allowed: 0, refused: 0 };
    await forEachSeed(seedCount, async (random) => {
      const owner = await aPerson(server, { hasSecondFactor: true });
      const org = await anOrganizationOf(server, owner);
      const people = await Promise.all([0, 1, 2, 3].map(() => aPerson(server, { hasSecondFactor: random.chance(0.5) })));
      for (const person of people) await addMember(server, org, person, random.pick(orgRoleIds));
      const { teams, projects } = await randomState(server, random, org, people);
      const stranger = await aPerson(server);
      // A member without a second factor who joins while one is required stays a member without
      // rights.
      if (random.chance(0.3)) {
        await server.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body: { require2FA: true } });
        const newcomer = await aPerson(server);
        await addMember(server, org, newcomer, 'manager');
        people.push(newcomer);
      }

      await using client = connect({ url: server.url, token: owner.token });
      const handle = client.organization(org.slug);
      await handle.ready();
      const state = await server.operate('GET', `/organizations/${org.id}/state/?audience=owner`);
      await handle.waitFor(state.body.revision);
      for (const person of [owner, ...people, stranger]) {
        const probes = probesOf(org, teams, projects);
        for (const probe of probes) {
          const isAllowed = await assertSame(handle, person, probe);
          verdicts[isAllowed ? 'allowed' : 'refused']++;
        }
        for (const who of [{ userId: person.userId }, { memberId: person.memberId ?? '1' }, { email: person.email.toUpperCase() }]) {
          await assertServerSaysSame(handle, owner, who, random.pick(probes));
        }
      }
    });
    assert.ok(verdicts.allowed > 100 && verdicts.refused > 100, `too one-sided to mean anything: ${JSON.stringify(verdicts)}`);
  });

  it('[F2] returns only what the caller may see when the server evaluates it', async () => {
    const [owner, member, outsider] = [await aPerson(server), await aPerson(server), await aPerson(server)];
    const org = await anOrganizationOf(server, owner);
    await addMember(server, org, member, 'member');
    await server.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body: { enhancedPrivacy: true } });
    const send = (caller: Person, query: string) =>
      server.request('GET', `/api/0/organizations/${org.slug}/can/?${query}`, { token: caller.token });

    const byAddress = `email=${encodeURIComponent(owner.email)}&scope=org:admin`;
    assert.equal((await send(owner, byAddress)).body.allowed, true);
    assert.equal((await send(member, byAddress)).body.why, 'not-a-member');
    assert.equal((await send(member, `memberId=${owner.memberId}&scope=org:admin`)).body.allowed, true);
    assert.equal((await send(outsider, byAddress)).status, 403);
    const wrong = ['scope=org:admin', `${byAddress}&userId=1`, 'userId=1&scope=org:fly', 'userId=1', 'userId=x&scope=org:read'];
    for (const query of [...wrong, 'userId=1&scope=org:read&team=a&project=b', 'email=%00&scope=org:read']) {
      assert.equal((await send(owner, query)).status, 400, query);
    }
  });

  it('[F1] returns fresh decisions while the server confirms the replica', async () => {
    const owner = await aPerson(server);
    const org = await anOrganizationOf(server, owner);
    await using client = connect({ url: server.url, token: owner.token });
    const handle = client.organization(org.slug);
    await handle.ready();
    await eventually(() => assert.equal(handle.can({ userId: owner.userId }, 'org:admin').fresh, true));
  });
});
