import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { run } from '../../support/executables.ts';
import { findHistory, historyMissing } from '../../support/history.ts';
import { findPython, pythonMissing } from '../../support/python.ts';
import { type PythonSubscriber, type SubscriberEvent, subscribeInPython } from '../../support/python-subscriber.ts';
import { seededRandom } from '../../support/seeds.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { skipBecause } from '../../support/skip.ts';

type Role = 'owner' | 'member';

interface Watched {
  readonly slug: string;
  readonly memberId: string;
  readonly tokens: Readonly<Record<Role, string>>;
  readonly subscribers: Readonly<Record<Role, PythonSubscriber>>;
}

const roles: readonly Role[] = ['owner', 'member'];
const allScopes = ['org:admin', 'member:admin', 'team:admin', 'project:admin'];
/** The larger size gives steps that travel in parts, the smaller one more revisions. */
const chunkSizes = [100, 500];
const checkScript = fileURLToPath(new URL('../../support/python/check_examples.py', import.meta.url));
const protocolText = fileURLToPath(new URL('../../../docs/protocol.md', import.meta.url));

describe('a client in Python, written from docs/protocol.md alone', () => {
  let python: string | null;
  let server: TestServer | undefined;
  const subscribers: PythonSubscriber[] = [];

  before(async () => {
    python = await findPython();
    if (python) server = await startServer();
  });
  after(async () => {
    try {
      await Promise.all(subscribers.map((subscriber) => subscriber.quit()));
    } finally {
      await server?.stop();
    }
  });

  async function operate(method: string, path: string, body?: unknown) {
    const answer = await server!.operate(method, path, body);
    assert.ok(answer.status < 300, `${method} ${path} answered ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async function importLines(org: string, lines: readonly string[]): Promise<number> {
    const answer = await server!.request('POST', `/api/operator/organizations/${org}/import/`, {
      token: server!.operatorToken,
      headers: { 'Content-Type': 'application/x-ndjson' },
      body: lines.map((line) => `${line}\n`).join(''),
    });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.equal(answer.body.applied + answer.body.skipped.length, lines.length);
    return answer.body.revision;
  }

  function subscribe(org: string, token: string, collections: readonly string[] = []): PythonSubscriber {
    const subscriber = subscribeInPython(python!, server!.url, token, org, collections);
    subscribers.push(subscriber);
    return subscriber;
  }

  /**
   * An organization with an owner and a member, each with a subscriber, and a secret that only the
   * owner may see.
   */
  async function watch(slug: string): Promise<Watched> {
    const userIds = {
      owner: (await operate('POST', '/users/', { email: `owner@${slug}.example` })).id,
      member: (await operate('POST', '/users/', { email: `member@${slug}.example` })).id,
    };
    await operate('POST', '/organizations/', { name: slug, slug, ownerId: userIds.owner });
    const { id: memberId } = await operate('POST', `/organizations/${slug}/members/`, { userId: userIds.member, orgRole: 'member' });
    await operate('POST', `/organizations/${slug}/tokens/`, { name: 'deploy', scopes: ['org:read'] });
    const tokenOf = async (role: Role) => (await operate('POST', `/users/${userIds[role]}/tokens/`, { scopes: allScopes })).token;
    const tokens = { owner: await tokenOf('owner'), member: await tokenOf('member') };
    const watched = {
      slug,
      memberId,
      tokens,
      subscribers: { owner: subscribe(slug, tokens.owner), member: subscribe(slug, tokens.member) },
    };
    await Promise.all(roles.map((role) => watched.subscribers[role].until('snapshot-end')));
    return watched;
  }

  async function assertHoldsWhatTheDatabaseSays({ slug, subscribers }: Watched): Promise<void> {
    for (const role of roles) {
      const state = await operate('GET', `/organizations/${slug}/state/?audience=${role}`);
      await subscribers[role].verifiedAt(state.revision);
      const copy = await subscribers[role].dump();
      const who = `the ${role}'s copy of ${slug}`;
      assertSameRecords(copy.records, state.records, who);
      const { revision, count, sum } = state;
      assert.deepEqual({ revision: copy.revision, count: copy.count, sum: copy.sum }, { revision, count, sum }, who);
    }
  }

  function assertNothingWasLost({ subscribers }: Watched): void {
    for (const role of roles) {
      const [first, ...later] = subscribers[role].named('subscribed');
      assert.equal(first?.mode, 'snapshot');
      assert.deepEqual(new Set(later.map(({ mode }) => mode)), new Set(later.length > 0 ? ['resume'] : []));
      for (const name of ['start-over', 'resync', 'ignored']) assert.deepEqual(subscribers[role].named(name), []);
    }
  }

  it('[F3] every example in docs/protocol.md follows from the one before, and has the checksum it states', async function () {
    if (!python) skipBecause(this, pythonMissing);
    const checked = JSON.parse(await run(python, ['-B', checkScript, protocolText]));
    const down = ['goodbye', 'organizations', 'permissions', 'pong', 'presence', 'resync', 'revoked', 'snapshot', 'snapshot-end', 'step'];
    assert.deepEqual(checked.events, [...down, 'credential', 'ping', 'subscribe', 'unsubscribe'].sort());
  });

  it('[R6] a subscriber in Python resumes by a step after its link was dropped', async function () {
    if (!python) skipBecause(this, pythonMissing);
    const watched = await watch('dropped');
    const { owner } = watched.subscribers;
    owner.send('leave');
    await owner.until('closed');
    const revision = await importLines('dropped', [
      '{"op":"member.add","login":"Ann","role":"member"}',
      '{"op":"team.create","team":"Zo\u00eb \\ud83d\\ude80 \\"A\\\\B\\""}',
      '{"op":"team.join","team":"Zo\u00eb \\ud83d\\ude80 \\"A\\\\B\\"","login":"ann","role":"admin"}',
    ]);
    const since = owner.events.length;
    owner.send('return');
    const { mode, own } = await owner.until('subscribed', { since });
    assert.equal(mode, 'resume');
    assert.ok(own < revision);
    const step = await owner.until('step', { since });
    assert.deepEqual([step.outcome, step.from <= own, step.to], ['applied', true, revision]);
    await assertHoldsWhatTheDatabaseSays(watched);
    assertNothingWasLost(watched);
  });

  it('[A3] a subscriber in Python receives steps with `view` for records that its rights no longer show, and for those they show again', async function () {
    if (!python) skipBecause(this, pythonMissing);
    const watched = await watch('views');
    const { owner, member } = watched.subscribers;
    for (const [orgRole, holdsSecret] of [
      ['owner', true],
      ['member', false],
    ] as const) {
      const since = member.events.length;
      const change = await server!.request('PUT', `/api/0/organizations/views/members/${watched.memberId}/`, {
        token: watched.tokens.owner,
        body: { orgRole },
      });
      assert.equal(change.status, 200, JSON.stringify(change.body));
      assert.equal((await member.until('step', { since })).view, true);
      const { records } = await member.dump();
      assert.equal(
        [...byKey(records).keys()].some((key) => key.startsWith('auth-token ')),
        holdsSecret,
      );
    }
    assert.ok(owner.named('step').every(({ view }) => view === undefined));
    await assertHoldsWhatTheDatabaseSays(watched);
    assertNothingWasLost(watched);
  });

  it('[A2] a subscriber in Python discards an organization that its user was removed from, and is disconnected within a second', async function () {
    if (!python) skipBecause(this, pythonMissing);
    const { subscribers, memberId, tokens, slug } = await watch('removed');
    const { member } = subscribers;
    const removal = await server!.request('DELETE', `/api/0/organizations/${slug}/members/${memberId}/`, { token: tokens.owner });
    assert.equal(removal.status, 204);
    const { reason, revision } = await member.until('revoked');
    assert.equal(reason, 'removed');
    assert.equal(`${revision}`, removal.headers.get('x-org-revision')?.split('.')[1]);
    assert.equal((await member.until('closed')).final, true);
    assert.deepEqual((await member.dump()).records, []);
    await subscribers.owner.verifiedAt(revision);
    assert.equal((await subscribe(slug, tokens.member).until('subscribed')).mode, 'denied');
  });

  it('[F3] subscribers in Python hold a real history record by record, for any disconnections', async function () {
    this.timeout(240_000);
    if (!python) skipBecause(this, pythonMissing);
    const history = findHistory();
    if (!history) skipBecause(this, historyMissing);
    const all = await Promise.all(history.orgs.map((org, index) => followHistory(org, history.linesOf(org), index + 1)));

    const seen = all.flatMap(({ subscribers }) => roles.flatMap((role) => subscribers[role].events));
    assert.ok(seen.some(({ event, own, revision }) => event === 'subscribed' && own !== null && own < revision));
    assert.ok(seen.some(({ outcome }) => outcome === 'held'));
    assert.ok(subscribers.some((subscriber) => subscriber.named('snapshot').some(({ parts }) => parts > 1)));
  });

  /**
   * Imports the history in chunks. During each chunk one of the two subscribers is disconnected: at
   * some moment of the import, or from before the import until its end.
   */
  async function followHistory(org: string, lines: readonly string[], seed: number): Promise<Watched> {
    const random = seededRandom(seed);
    const watched = await watch(org);
    for (let start = 0, size: number; start < lines.length; start += size) {
      size = random.pick(chunkSizes);
      const chunk = lines.slice(start, start + size);
      const subscriber = watched.subscribers[random.pick(roles)];
      const revision = random.chance(0.5)
        ? await importWhileDropped(org, chunk, subscriber)
        : await importWhileAway(org, chunk, subscriber);
      await Promise.all(roles.map((role) => watched.subscribers[role].verifiedAt(revision)));
    }
    await assertHoldsWhatTheDatabaseSays(watched);
    assertNothingWasLost(watched);

    await assertSnapshotsHoldTheSame(watched);
    return watched;
  }

  /**
   * One more subscriber of everything, and one of some collections, which no client has requested
   * before.
   */
  async function assertSnapshotsHoldTheSame({ slug, tokens }: Watched): Promise<void> {
    const whole = subscribe(slug, tokens.owner);
    const some = subscribe(slug, tokens.member, ['members', 'teams']);
    const expected = {
      whole: await operate('GET', `/organizations/${slug}/state/?audience=owner`),
      some: await operate('GET', `/organizations/${slug}/state/?audience=member`),
    };
    await Promise.all([whole.verifiedAt(expected.whole.revision), some.verifiedAt(expected.some.revision)]);
    assertSameRecords((await whole.dump()).records, expected.whole.records, `a late copy of ${slug}`);
    const kinds = ['member', 'team', 'team-member'];
    const ofTheseKinds = expected.some.records.filter(({ kind }: SubscriberEvent) => kinds.includes(kind));
    assertSameRecords((await some.dump()).records, ofTheseKinds, `a late copy of members and teams of ${slug}`);
  }

  async function importWhileDropped(org: string, lines: readonly string[], subscriber: PythonSubscriber): Promise<number> {
    const importing = importLines(org, lines);
    subscriber.send('drop');
    return importing;
  }

  async function importWhileAway(org: string, lines: readonly string[], subscriber: PythonSubscriber): Promise<number> {
    const since = subscriber.events.length;
    subscriber.send('leave');
    await subscriber.until('closed', { since });
    const revision = await importLines(org, lines);
    subscriber.send('return');
    const { own } = await subscriber.until('subscribed', { since });
    // A chunk that changes nothing makes no revision and thus no step.
    if (own < revision) assert.equal((await subscriber.until('step', { since })).from <= own, true);
    return revision;
  }
});

function assertSameRecords(held: readonly SubscriberEvent[], expected: readonly SubscriberEvent[], who: string): void {
  const [heldByKey, expectedByKey] = [byKey(held), byKey(expected)];
  for (const [key, record] of expectedByKey) assert.deepEqual(heldByKey.get(key), record, `${key} in ${who}`);
  const surplus = [...heldByKey.keys()].filter((key) => !expectedByKey.has(key));
  assert.deepEqual(surplus, [], `${who} has more than it should`);
}

function byKey(records: readonly SubscriberEvent[]): Map<string, unknown> {
  return new Map(records.map(({ kind, id, record }) => [`${kind} ${id}`, record]));
}
