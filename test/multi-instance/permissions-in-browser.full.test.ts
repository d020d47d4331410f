import assert from 'node:assert/strict';
import type { OrganizationHandle } from '../../client-sdk/src/index.ts';
import { connect } from '../../client-sdk/src/index.ts';
import { chromiumMissing, findChromium, type Visit, visit } from '../support/browser.ts';
import { type ComponentPage, serveComponentPage } from '../support/component-page.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { writePermissionsFile } from '../support/permissions.ts';
import { type StartedProcess, startProcess } from '../support/process.ts';
import { addMember, anOrganizationOf, aPerson } from '../support/provision.ts';
import { sharedRedis } from '../support/redis.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import type { TestServer } from '../support/server.ts';
import { skipBecause } from '../support/skip.ts';

/** The decisions at a moment. Null if any of them was not fresh. */
interface Sample {
  readonly at: number;
  readonly decisions: string | null;
}

/** A page that decides with the client of a browser, and records what it decides. */
const program = `
import { connect } from '@rollcall/client';
const { url, token, org, userIds } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const handle = connect({ url, token }).organization(org);
window.samples = [];
setInterval(() => {
  const decisions = userIds.map((userId) => handle.can({ userId }, 'invoice:approve'));
  const isFresh = decisions.every(({ fresh }) => fresh);
  window.samples.push({ at: Date.now(), decisions: isFresh ? decisions.map(({ allowed }) => allowed).join() : null });
}, 5);
`;

/**
 * Both clients are fresh, and yet may differ for the time that a lost notice takes: the sweep of an
 * instance finds it within a second.
 */
const differenceMsMax = 1_000;

/** The longest time in which both were fresh and decided differently. Each list is in order. */
function longestDifferenceMs(first: readonly Sample[], second: readonly Sample[]): number {
  let longest = 0;
  let since: number | null = null;
  let next = 0;
  for (const { at, decisions } of first) {
    while (next + 1 < second.length && second[next + 1]!.at <= at) next++;
    const other = second[next]!;
    const differs = other.at <= at && decisions !== null && other.decisions !== null && decisions !== other.decisions;
    since = differs ? (since ?? at) : null;
    if (since !== null) longest = Math.max(longest, at - since);
  }
  return longest;
}

describe('product scopes in a browser and a back end', function () {
  this.timeout(300_000);
  let support: Instances;
  let component: ComponentPage;
  let visited: Visit;
  let ports: readonly number[];
  const processes: StartedProcess[] = [];

  before(async function () {
    if ((await findChromium()) === null) skipBecause(this, chromiumMissing);
    support = await startInstances(1, { redisUrl: (await sharedRedis()).url });
    component = await serveComponentPage(program, await freePort());
    ports = [await freePort(), await freePort()];
  });
  after(async () => {
    await visited?.[Symbol.asyncDispose]();
    await component?.[Symbol.asyncDispose]();
    await Promise.all(processes.map((process) => process.kill('SIGKILL')));
    await support?.stop();
  });

  const urlOf = (index: number) => `http://127.0.0.1:${ports[index]}`;

  async function start(index: number, file: string): Promise<void> {
    const REDIS_URL = (await sharedRedis()).url;
    const variables = { ...support.environment, REDIS_URL, PERMISSIONS_FILE: file, PORT: String(ports[index]) };
    processes[index] = startProcess(['start'], {
      ...variables,
      ALLOWED_ORIGINS: component.url,
      DATA_DIR: makeTemporaryDirectory('data'),
    });
    await processes[index].waitForLine(/is ready on/, 60_000);
  }

  it('[F2] both make the same decisions while the file changes in a rolling restart', async () => {
    const [api] = support.servers as [TestServer];
    const [owner, member] = [await aPerson(api), await aPerson(api)];
    const org = await anOrganizationOf(api, owner);
    await addMember(api, org, member, 'member');
    const { body: service } = await api.operate('POST', '/service-tokens/', { name: 'back end' });
    await api.stop();
    const userIds = [owner.userId, member.userId];
    const tableOf = (version: number, orgRoles: readonly string[]) => ({ version, scopes: { 'invoice:approve': { orgRoles } } });
    const file = writePermissionsFile(tableOf(1, ['owner']));
    await Promise.all([start(0, file), start(1, file)]);

    const task = encodeURIComponent(JSON.stringify({ url: urlOf(0), token: owner.token, org: org.id, userIds }));
    visited = await visit(component.url, `/#${task}`);
    const samplesOfPage = () => visited.page.evaluate(() => (window as unknown as { samples: Sample[] }).samples);
    await using backEnd = connect({ url: urlOf(1), token: service.token, organizations: 'all' });
    const handle: OrganizationHandle = backEnd.organization(org.id);
    await handle.ready();
    const samples: Sample[] = [];
    const sampling = setInterval(() => {
      const decisions = userIds.map((userId) => handle.can({ userId }, 'invoice:approve'));
      const isFresh = decisions.every(({ fresh }) => fresh);
      samples.push({ at: Date.now(), decisions: isFresh ? decisions.map(({ allowed }) => allowed).join() : null });
    }, 5);
    const bothDecide = (expected: string) =>
      eventually(
        async () => {
          assert.equal(samples.at(-1)?.decisions, expected, 'the back end');
          assert.equal((await samplesOfPage()).at(-1)?.decisions, expected, 'the browser');
        },
        { timeoutMs: 60_000 },
      );

    const steps = [
      { orgRoles: ['owner'], expected: 'true,false' },
      { orgRoles: ['member'], expected: 'false,true' },
      { orgRoles: ['owner', 'member'], expected: 'true,true' },
    ];
    try {
      for (const [step, { orgRoles, expected }] of steps.entries()) {
        writePermissionsFile(tableOf(step + 1, orgRoles), file);
        for (const index of step === 0 ? [] : step === 1 ? [0, 1] : [1, 0]) {
          await processes[index]!.kill('SIGTERM');
          await start(index, file);
          await bothDecide(expected);
        }
        await bothDecide(expected);
      }
    } finally {
      clearInterval(sampling);
    }
    const ofPage = await samplesOfPage();
    for (const taken of [samples, ofPage]) {
      assert.deepEqual(
        [...new Set(taken.flatMap(({ decisions }) => decisions ?? []))],
        steps.map(({ expected }) => expected),
        'each table was decided by, in order and without a return to an earlier one',
      );
    }
    const longest = Math.max(longestDifferenceMs(samples, ofPage), longestDifferenceMs(ofPage, samples));
    assert.ok(longest <= differenceMsMax, `both were fresh and differed for ${longest} ms`);
    console.log(`      fresh decisions differed for at most ${longest} ms`);
  });
});
