import assert from 'node:assert/strict';
import { scopes as everyScope, type OrgRoleId, OrgState, orgRoleIds, projectRecord, type Scope } from '../../protocol/src/index.ts';
import { readEntries } from '../../server/src/database/records/read-log.ts';
import { readAllRecords } from '../../server/src/database/records/record-tables.ts';
import { evaluateAccess } from '../../server/src/domain/evaluate-access.ts';
import { AccessHistory, type SessionPerson } from './access-history.ts';
import { eventually } from './eventually.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from './provision.ts';
import type { SeededRandom } from './seeds.ts';
import type { TestServer } from './server.ts';
import { type Records, WatchedViewer } from './watched-viewer.ts';

/**
 * Replica consistency: a replica that has applied everything up to N contains exactly the records
 * of a snapshot for the same viewer at N. It is checked with random commands of random actors,
 * while viewers connect, disconnect, lose and regain their access. The log is folded into the state
 * at each revision, and the result is compared with the tables.
 */

const actionsPerSeed = 24;

class World {
  readonly #servers: readonly TestServer[];
  readonly random: SeededRandom;
  readonly org: ProvisionedOrg;
  readonly people: Person[];
  readonly viewers: WatchedViewer[];
  readonly #disabled = new Set<Person>();
  readonly #access: AccessHistory;
  readonly #accessActions: readonly (() => Promise<unknown>)[];
  readonly #sessions: ReadonlyMap<SessionPerson, WatchedViewer>;

  private constructor(
    servers: readonly TestServer[],
    random: SeededRandom,
    { org, people, access, viewers }: { org: ProvisionedOrg; people: Person[]; access: AccessHistory; viewers: WatchedViewer[] },
  ) {
    this.#servers = servers;
    this.random = random;
    this.org = org;
    this.people = people;
    this.#access = access;
    this.#sessions = new Map([access.account, access.newcomer].map((person) => [person, WatchedViewer.withSession(person)]));
    this.viewers = [...viewers, ...this.#sessions.values()];
    this.#accessActions = access.actions(() => people.flatMap(({ memberId }) => memberId ?? []));
  }

  static async create(servers: readonly TestServer[], random: SeededRandom): Promise<World> {
    const [server] = servers as [TestServer];
    const owner = await aPerson(server, { hasSecondFactor: true });
    const org = await anOrganizationOf(server, owner);
    const narrow: readonly Scope[] = ['org:read', 'team:read'];
    const members = await Promise.all([
      aPerson(server, { hasSecondFactor: true }),
      aPerson(server),
      aPerson(server),
      aPerson(server, { scopes: narrow }),
    ]);
    const roles: readonly OrgRoleId[] = ['manager', 'admin', 'member', 'member'];
    for (const [index, person] of members.entries()) await addMember(server, org, person, roles[index]!);
    const [manager, admin, member, reader] = members as [Person, Person, Person, Person];
    const service = await serviceTokenOf(server);
    const viewers = [
      WatchedViewer.withToken(owner, everyScope, null),
      WatchedViewer.withToken(manager, everyScope, null),
      WatchedViewer.withToken(admin, everyScope, ['members', 'teams']),
      WatchedViewer.withToken(member, everyScope, null),
      WatchedViewer.withToken(reader, narrow, null),
      WatchedViewer.ofService(service),
    ];
    const access = await AccessHistory.create(random, org, () => anyOf(servers, random));
    await addMember(server, org, access.account, 'manager');
    return new World(servers, random, { org, people: [owner, ...members, access.account], access, viewers });
  }

  /** Any of several instances may be called at any time. */
  get server(): TestServer {
    return anyOf(this.#servers, this.random);
  }

  async act(): Promise<void> {
    const { random } = this;
    if (random.chance(0.3)) {
      const viewer = random.pick(this.viewers);
      if (viewer.replica) viewer.disconnect();
      else await viewer.connect(this.server, this.org);
      return;
    }
    const kind = random.float();
    if (kind < 0.12) await this.#logIn();
    else await random.pick(kind < 0.35 ? this.#accessActions : this.#actions)();
  }

  async #logIn(): Promise<void> {
    const [person, viewer] = this.random.pick([...this.#sessions]);
    const loggedIn = await this.#access.logIn(person);
    if (!loggedIn) return;
    viewer.loggedIn(loggedIn, person.session!.cookie);
    await viewer.connect(this.server, this.org);
  }

  /** Commands may be refused. A refused command must change nothing. */
  async #call(method: string, path: string, body?: unknown): Promise<void> {
    const { token } = this.random.pick(this.people);
    const answer = await this.server.request(method, `/api/0${path}`, { token, body });
    assert.ok(answer.status < 500, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }

  readonly #org = () => `/organizations/${this.org.slug}`;
  readonly #flag = (name: string) => this.#call('PUT', `${this.#org()}/`, { [name]: this.random.chance(0.5) });
  readonly #team = () => `team-${this.random.int(3)}`;
  readonly #project = () => `project-${this.random.int(2)}`;
  readonly #member = () => this.random.pick(this.people).memberId ?? '0';

  readonly #actions: readonly (() => Promise<void>)[] = [
    () => this.#flag('enhancedPrivacy'),
    () => this.#flag('openMembership'),
    () => this.#flag('eventsMemberAdmin'),
    () => this.#call('PUT', `${this.#org()}/`, { name: `Name ${this.random.int(100)}` }),
    () => this.#call('POST', `${this.#org()}/teams/`, { slug: this.#team() }),
    () => this.#call('PUT', `/teams/${this.org.slug}/${this.#team()}/`, { name: `Team ${this.random.int(100)}` }),
    () => this.#call('DELETE', `/teams/${this.org.slug}/${this.#team()}/`),
    () => this.#call('POST', `${this.#org()}/members/${this.#member()}/teams/${this.#team()}/`),
    () => this.#call('DELETE', `${this.#org()}/members/${this.#member()}/teams/${this.#team()}/`),
    () =>
      this.#call('PUT', `${this.#org()}/members/${this.#member()}/teams/${this.#team()}/`, {
        teamRole: this.random.pick(['admin', 'contributor']),
      }),
    () => this.#call('POST', `/teams/${this.org.slug}/${this.#team()}/projects/`, { name: 'Project', slug: this.#project() }),
    () => this.#call('POST', `/projects/${this.org.slug}/${this.#project()}/teams/${this.#team()}/`),
    () => this.#call('DELETE', `/projects/${this.org.slug}/${this.#project()}/teams/${this.#team()}/`),
    () => this.#call('PUT', `/projects/${this.org.slug}/${this.#project()}/`, { resolveAge: this.random.int(3) }),
    () => this.#call('DELETE', `/projects/${this.org.slug}/${this.#project()}/`),
    () =>
      this.#call('POST', `${this.#org()}/members/`, {
        email: `invited-${this.random.int(3)}@example.com`,
        orgRole: this.random.pick(orgRoleIds),
      }),
    () => this.#call('PUT', `${this.#org()}/members/${this.#member()}/`, { orgRole: this.random.pick(orgRoleIds) }),
    () => this.#call('PUT', `${this.#org()}/members/${this.#member()}/`, { orgRole: this.random.pick(orgRoleIds) }),
    () => this.#call('DELETE', `${this.#org()}/members/${this.#member()}/`),
    () => this.#rejoin(),
    () => this.#rejoin(),
    () => this.#toggleUser(),
    () => this.#changeExternalId(),
    () => this.#createToken(),
    () => this.#createToken(),
    () => (this.random.chance(0.3) ? this.#flag('require2FA') : Promise.resolve()),
    () => (this.random.chance(0.3) ? this.#enrol() : Promise.resolve()),
    () => this.#call('POST', `${this.#org()}/reinstate-members/`, {}),
  ];

  /**
   * A member who was removed joins again. This is refused for a member who has not been removed.
   */
  async #rejoin(): Promise<void> {
    const person = this.random.pick(this.people);
    const role = this.random.pick(orgRoleIds);
    const answer = await this.server.operate('POST', `/organizations/${this.org.id}/members/`, { userId: person.userId, orgRole: role });
    if (answer.status === 201) person.memberId = answer.body.id;
  }

  /** Visible to owners and managers only. */
  async #createToken(): Promise<void> {
    const answer = await this.server.operate('POST', `/organizations/${this.org.id}/tokens/`, { name: 'back end', scopes: ['org:read'] });
    assert.equal(answer.status, 201);
  }

  /** A member whom a required second factor blocked becomes a member again. */
  async #enrol(): Promise<void> {
    const { userId } = this.random.pick(this.people);
    assert.equal((await this.server.operate('POST', `/users/${userId}/authenticators/`, { type: 'totp' })).status, 201);
  }

  /** Visible to services only. */
  async #changeExternalId(): Promise<void> {
    const { userId } = this.random.pick(this.people);
    const path = this.random.chance(0.3) ? `/organizations/${this.org.id}/` : `/users/${userId}/`;
    const externalId = this.random.chance(0.2) ? null : `external-${nextNumber()}`;
    const answer = await this.server.operate('PUT', path, { externalId });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  }

  async #toggleUser(): Promise<void> {
    const person = this.random.pick(this.people.slice(1));
    const isActive = this.#disabled.delete(person);
    if (!isActive) this.#disabled.add(person);
    const answer = await this.server.operate('PUT', `/users/${person.userId}/`, { isActive });
    assert.equal(answer.status, 200);
  }
}

const serviceTokens = new WeakMap<TestServer, Promise<string>>();

/** One token for all histories of a server, because the number of service tokens is limited. */
function serviceTokenOf(server: TestServer): Promise<string> {
  const known =
    serviceTokens.get(server) ?? server.operate('POST', '/service-tokens/', { name: 'back end' }).then(({ body }) => body.token);
  serviceTokens.set(server, known);
  return known;
}

function anyOf(servers: readonly TestServer[], random: SeededRandom): TestServer {
  return servers.length === 1 ? servers[0]! : random.pick(servers);
}

/** The state at each revision, folded from the log. */
async function foldLog(server: TestServer, org: ProvisionedOrg): Promise<OrgState[]> {
  const { db } = server.services;
  const states: OrgState[] = [new OrgState()];
  for (const { revision, changes } of await readEntries(db, org.id, 0, Number.MAX_SAFE_INTEGER)) {
    assert.equal(revision, states.length, '[W1] the log has a gap');
    const state = OrgState.from(states.at(-1)!.all());
    for (const { kind, id, before, after } of changes) {
      assert.deepEqual(state.get(kind, id), before, `[W1] "before" of ${kind}/${id} at ${revision} is not what was there`);
      if (after) state.put(kind, after);
      else state.remove(kind, id);
    }
    states.push(state);
  }
  const stored = new Map((await readAllRecords(db, org.id)).map(({ kind, record }) => [`${kind}/${record.id}`, record]));
  assert.deepEqual(recordsOf(states.at(-1)!), stored, '[W1] the folded log differs from the tables');
  return states;
}

function recordsOf(state: OrgState): Records {
  return new Map([...state.all()].map(({ kind, record }) => [`${kind}/${record.id}`, record]));
}

function assertConsistent({ held }: WatchedViewer, states: readonly OrgState[]): void {
  for (const { viewer, revision, records } of held) {
    const hasExternalIds = [...records.keys()].some((key) => key.startsWith('external-id/'));
    assert.ok(viewer.isService || !hasExternalIds, '[A1] a viewer who is not a service has external ids');
    const state = states[revision]!;
    const access = evaluateAccess(state, viewer, Date.now());
    assert.ok('audience' in access, `[A1] a viewer without access at ${revision} has a replica of it`);
    const expected = new Map<string, unknown>();
    for (const { kind, record } of state.all()) {
      const seen = projectRecord(access.audience, kind, record);
      if (seen) expected.set(`${kind}/${record.id}`, seen);
    }
    assert.deepEqual(records, expected, `the replica at ${revision} is not the snapshot at ${revision}`);
  }
}

/** The events that the histories must contain for their success to be meaningful. */
export class Coverage {
  readonly #seen = new Map<string, number>();

  count(what: string, times = 1): void {
    this.#seen.set(what, (this.#seen.get(what) ?? 0) + times);
  }

  assertSeen(...whats: readonly string[]): void {
    for (const what of whats) assert.ok(this.#seen.get(what), `no history had a ${what}`);
  }
}

/**
 * Runs one random history on any number of instances. At its end, every state of each viewer's
 * replica is compared with the log.
 */
export async function checkHistory(servers: readonly TestServer[], random: SeededRandom, coverage: Coverage): Promise<void> {
  const world = await World.create(servers, random);
  for (const viewer of world.viewers) if (random.chance(0.7)) await viewer.connect(world.server, world.org);
  for (let action = 0; action < actionsPerSeed; action++) await world.act();
  for (const viewer of world.viewers) {
    if (!viewer.replica?.revoked) continue;
    viewer.disconnect();
    await viewer.connect(world.server, world.org);
  }

  const states = await foldLog(world.server, world.org);
  const head = states.length - 1;
  for (const { replica } of world.viewers) {
    if (!replica) continue;
    await eventually(() => {
      replica.check();
      replica.ping();
      assert.ok(
        replica.revision >= head || replica.revoked || !replica.socket.connected,
        `a viewer stays at ${replica.revision} of ${head}`,
      );
    });
  }
  for (const viewer of world.viewers) {
    viewer.replica?.check();
    assertConsistent(viewer, states);
    for (const what of viewer.events) coverage.count(what);
    const withExternalIds = viewer.held.filter(({ records }) => [...records.keys()].some((key) => key.startsWith('external-id/')));
    coverage.count('external id', withExternalIds.length);
    viewer.disconnect();
  }
}
