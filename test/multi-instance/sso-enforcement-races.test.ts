import assert from 'node:assert/strict';
import { configureProvider, enforceSso, putProvider, readyToEnforce } from '../support/auth-providers.ts';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { addMember, aPerson, type Person, revisionOf } from '../support/provision.ts';
import { sharedRedis } from '../support/redis.ts';
import { changeFlags, changeRecords } from '../support/security-records.ts';
import type { TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

/** The number of races. They differ in their interleaving. */
const rounds = Number(process.env.ROUNDS ?? 4);
const concurrency = 2;

interface Crew {
  readonly org: OrgWithOwner;
  readonly unlinked: Person;
  readonly linking: Person;
}

describe('single sign-on that becomes required while members link and subscribe, on two instances', function () {
  this.timeout(3_600_000);
  let instances: Instances;

  before(async () => {
    instances = await startInstances(2, { redisUrl: (await sharedRedis()).url });
  });
  after(() => instances?.stop());

  async function aCrew(server: TestServer): Promise<Crew> {
    const org = await anOrgWithOwner(server);
    await configureProvider(server, org);
    await readyToEnforce(server, org);
    const [unlinked, linking] = [await aPerson(server), await aPerson(server)];
    for (const person of [unlinked, linking]) await addMember(server, org, person, 'member');
    return { org, unlinked, linking };
  }

  const turns = async (count: number) => {
    for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
  };

  const setLinked = (server: TestServer, { org, linking }: Crew, isLinked: boolean) =>
    changeRecords(server, org.id, (state) => changeFlags(state, linking.memberId!, { 'sso:linked': isLinked }));

  async function race(crew: Crew, number: number): Promise<string> {
    const [here, there] = instances.servers as [TestServer, TestServer];
    const [changing, serving] = number % 2 === 0 ? [here, there] : [there, here];
    const { org, unlinked, linking } = crew;
    await putProvider(changing, org, { require_link: false });
    await setLinked(changing, crew, false);
    const kept = await WireReplica.open(serving.url, { cookie: org.cookie }, org.slug);
    const [ofUnlinked, ofLinking] = await Promise.all([unlinked, linking].map(({ token }) => WireReplica.connect(serving.url, token)));
    const inTurns = async <T>(count: number, act: () => Promise<T>): Promise<T> => {
      await turns(count);
      return act();
    };
    const [mode, , enforced] = await Promise.all([
      inTurns((number * 7) % 60, () => ofUnlinked!.subscribe(org.slug)).then(({ mode }) => mode),
      inTurns((number * 11) % 60, () => ofLinking!.subscribe(org.slug)),
      inTurns((number * 13) % 90, () => enforceSso(changing, org)),
      inTurns((number * 17) % 90, () => setLinked(serving, crew, true)),
    ]);
    assert.equal(enforced.status, 200, JSON.stringify(enforced.body));
    const later = await changing.request('PUT', `/api/0/organizations/${org.slug}/`, {
      cookie: org.cookie,
      body: { name: `Renamed ${number}` },
    });
    await kept.reach(revisionOf(later));
    if (mode !== 'denied') await eventually(() => assert.equal(ofUnlinked!.revoked?.reason, 'sso-required'));
    ofUnlinked!.check();
    assert.ok(ofUnlinked!.revision < revisionOf(enforced), 'the revision that ended the access was sent');
    const received = JSON.stringify(ofUnlinked!.frames.filter(({ event }) => event !== 'revoked'));
    assert.ok(!received.includes(`"Renamed ${number}"`), 'a later revision was sent');

    const again = await WireReplica.open(serving.url, linking.token, org.slug);
    await again.reach(revisionOf(later));
    const denied = await WireReplica.connect(changing.url, unlinked.token);
    assert.deepEqual(await denied.subscribe(org.slug), { mode: 'denied' });
    for (const replica of [kept, ofUnlinked!, ofLinking!, again, denied]) replica.close();
    return mode;
  }

  it('[S-42] ends the access of members who are not linked, and of no others', async () => {
    const outcomes: string[] = [];
    let next = 0;
    const run = async () => {
      let crew: Crew | null = null;
      for (let number = next++; number < rounds; number = next++) {
        // An organization may send a limited number of mails about single sign-on.
        if (crew === null || number % 10 === 0) crew = await aCrew(instances.servers[0]!);
        outcomes.push(await race(crew, number));
      }
    };
    await Promise.all(Array.from({ length: concurrency }, run));
    assert.equal(outcomes.length, rounds);
    if (rounds >= 100) assert.deepEqual([...new Set(outcomes)].toSorted(), ['denied', 'snapshot'], 'only one of the two orders occurred');
  });
});
