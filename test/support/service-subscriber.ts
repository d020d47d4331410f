import assert from 'node:assert/strict';
import { connect } from '../../client-sdk/src/index.ts';
import { collectGarbage } from './collect-garbage.ts';
import { eventually } from './eventually.ts';
import { aPerson, nextNumber, type Person } from './provision.ts';
import type { TestServer } from './server.ts';

/** A back end's client that subscribes to many organizations with one service token. */

interface Subscribing {
  readonly organizations: number;
  readonly liveWithinMs: number;
  /** The time until one more organization is live. */
  readonly oneMoreWithinMs: number;
  /** The time for which no replica may become stale. */
  readonly freshForMs: number;
}

export async function createOrganizations(server: TestServer, { userId }: Person, count: number): Promise<string[]> {
  const ids: string[] = [];
  const create = async () => {
    const { status, body } = await server.operate('POST', '/organizations/', { name: `Org ${nextNumber()}`, ownerId: userId });
    assert.equal(status, 201, JSON.stringify(body));
    ids.push(body.id);
  };
  for (let made = 0; made < count; made += 10) await Promise.all(Array.from({ length: Math.min(10, count - made) }, create));
  return ids;
}

/** The growth of the heap, with the feeds of the server, which runs in the same process. */
const megabytesMax = 150;

/**
 * Asserts that all organizations are live in time and stay so, and that settings change no
 * decision.
 */
export async function assertSubscribed(
  server: TestServer,
  { organizations, liveWithinMs, oneMoreWithinMs, freshForMs }: Subscribing,
): Promise<void> {
  const owner = await aPerson(server, { hasSecondFactor: true });
  const ids = await createOrganizations(server, owner, organizations);
  const { body } = await server.operate('POST', '/service-tokens/', { name: 'back end' });
  collectGarbage();
  const memoryBefore = process.memoryUsage().heapUsed;
  using client = connect({ url: server.url, token: body.token, organizations: 'all', whenStale: 'fail-closed' });
  const phases: string[] = [];
  client.on('status', ({ after }) => phases.push(after.phase));
  const handles = () => ids.map((id) => client.organization(id));
  const startedAt = performance.now();
  await client.organizations.ready({ signal: AbortSignal.timeout(liveWithinMs) });
  await Promise.all(handles().map((handle) => handle.ready({ timeoutMs: liveWithinMs })));
  const liveMs = performance.now() - startedAt;
  const stale: string[] = [];
  for (const handle of handles()) handle.on('status', ({ after }) => void (after.fresh || stale.push(after.phase)));

  const [first] = handles();
  assert.equal(first, client.organization(first!.state.organization!.slug), 'a slug names the same handle');
  const decide = () =>
    [first!.can({ email: owner.email }, 'org:admin'), first!.can({ userId: owner.userId }, 'org:admin')].map(({ allowed, why }) => [
      allowed,
      why,
    ]);
  assert.deepEqual(decide(), [
    [true, 'org-role'],
    [true, 'org-role'],
  ]);
  const changed = await server.request('PUT', `/api/0/organizations/${ids[0]}/`, {
    token: owner.token,
    body: { require2FA: true, enhancedPrivacy: true, openMembership: false },
  });
  assert.equal(changed.status, 200, JSON.stringify(changed.body));
  await first!.waitFor(changed.headers.get('x-org-revision'), { signal: AbortSignal.timeout(10_000) });
  assert.deepEqual(decide(), [
    [true, 'org-role'],
    [true, 'org-role'],
  ]);
  const members = await server.request('GET', `/api/0/organizations/${ids[0]}/members/`, { token: owner.token });
  assert.equal(members.body.length, 1);

  const [added] = await createOrganizations(server, owner, 1);
  const addedAt = performance.now();
  await eventually(
    () =>
      assert.equal(
        client.organizations.list.some(({ id }) => id === added),
        true,
      ),
    { timeoutMs: 10_000 },
  );
  await client.organization(added!).ready({ signal: AbortSignal.timeout(10_000) });
  const addedMs = performance.now() - addedAt;
  assert.ok(addedMs < oneMoreWithinMs, `one more was live after ${addedMs} ms`);

  const until = performance.now() + freshForMs;
  await eventually(() => assert.ok(performance.now() > until, 'not yet'), { timeoutMs: freshForMs + 10_000 });
  assert.ok(handles().every(({ status }) => status.phase === 'live'));
  assert.deepEqual([stale, phases], [[], ['connected']]);
  collectGarbage();
  const megabytes = (process.memoryUsage().heapUsed - memoryBefore) / 2 ** 20;
  console.log(
    `      ${organizations} live after ${Math.round(liveMs)} ms, one more after ${Math.round(addedMs)} ms, ${Math.round(megabytes)} MB with the server`,
  );
  assert.ok(megabytes < megabytesMax, `${megabytes} MB`);
}
