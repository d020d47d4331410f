import assert from 'node:assert/strict';
import type { ListedOrganization } from '@rollcall/protocol';
import { type Bus, membershipsTopic } from '../../../../server/src/bus/bus.ts';
import { openMemoryBus } from '../../../../server/src/bus/bus-memory.ts';
import { everyOrganization, Memberships, type OrganizationList } from '../../../../server/src/read-path/people/memberships.ts';
import { createLog } from '../../../../server/src/runtime/log.ts';
import { HandClock } from '../../../support/hand-clock.ts';

const listed = (id: string): ListedOrganization => ({ id, slug: `org-${id}`, name: 'Name', status: 'active', orgRole: 'member' });

describe('lists of organizations', () => {
  let clock: HandClock;
  let bus: Bus;
  let memberships: Memberships;
  /** The lists in the database, with their stamps. */
  let lists: Map<string, OrganizationList>;
  let stamps: Map<string, string>;
  let isAway: boolean;
  let reads: number;
  let pushed: string[][];

  function answer<Value>(values: ReadonlyMap<string, Value>, keys: readonly string[]): ReadonlyMap<string, Value> {
    if (isAway) throw new Error('the database is unavailable');
    return new Map([...values].filter(([key]) => keys.includes(key)));
  }

  beforeEach(async () => {
    clock = new HandClock();
    bus = openMemoryBus();
    lists = new Map([['7', [listed('1')]]]);
    stamps = new Map([['7', 'first']]);
    isAway = false;
    reads = 0;
    pushed = [];
    const reader = {
      async readLists(userIds: readonly string[]) {
        reads++;
        return answer(lists, userIds);
      },
      readStamps: async (userIds: readonly string[]) => answer(stamps, userIds),
    };
    memberships = await Memberships.open({ reader, clock, log: createLog('silent') }, bus);
    memberships.watch('7', (list) => pushed.push(list.map(({ id }) => id)));
  });
  afterEach(() => memberships.close());

  async function aSweep(): Promise<void> {
    for (let turn = 0; turn < 6; turn++) await clock.pass(50);
  }

  it('reach their users by the sweep if a message was lost, and cause a read only if a stamp differs', async () => {
    await aSweep();
    assert.deepEqual(pushed, [['1']]);
    for (let sweep = 0; sweep < 3; sweep++) await aSweep();
    assert.equal(reads, 1);
    lists.set('7', [listed('1'), listed('2')]);
    stamps.set('7', 'second');
    await aSweep();
    lists.delete('7');
    stamps.delete('7');
    await aSweep();
    assert.deepEqual(pushed, [['1'], ['1', '2'], []]);
  });

  it('reach their users after a message about the user or about a listed organization', async () => {
    await aSweep();
    lists.set('7', [{ ...listed('1'), name: 'New' }]);
    await bus.broadcast(membershipsTopic, { type: 'memberships', userIds: ['8'], orgIds: ['2'] });
    await clock.pass(20);
    assert.equal(pushed.length, 1);
    await bus.broadcast(membershipsTopic, { type: 'memberships', userIds: [], orgIds: ['1'] });
    await clock.pass(20);
    assert.equal(pushed.length, 2);
    lists.set('7', []);
    await bus.broadcast(membershipsTopic, { type: 'memberships', userIds: ['7'], orgIds: [] });
    await clock.pass(20);
    assert.deepEqual(pushed.at(-1), []);
  });

  it('[R9] reach services at most once a second, the first change at once, however often an organization is renamed', async () => {
    const names: string[] = [];
    memberships.watch(everyOrganization, (list) => names.push(list[0]!.name));
    const rename = async (name: string) => {
      lists.set(everyOrganization, [{ ...listed('1'), name }]);
      stamps.set(everyOrganization, name);
      await bus.broadcast(membershipsTopic, { type: 'memberships', userIds: [], orgIds: ['1'] });
    };
    await rename('first');
    await memberships.read(everyOrganization);
    assert.deepEqual(names, ['first']);
    const startedAt = clock.now();
    await rename('at once');
    await aSweep();
    assert.deepEqual(names, ['first', 'at once']);
    for (let number = 0; clock.now() < startedAt + 3_500; number++) {
      await rename(`name ${number}`);
      await clock.pass(20);
    }
    // The two lists above, and those of three seconds.
    assert.ok(names.length > 3 && names.length <= 5, `${names.length} lists in 3.5 s: ${names}`);
    await rename('last');
    for (let sweep = 0; sweep < 4; sweep++) await aSweep();
    assert.equal(names.at(-1), 'last');
  });

  it('[R12] reach their users once the database is back, with the changes made during the outage', async () => {
    await aSweep();
    isAway = true;
    lists.set('7', []);
    stamps.set('7', 'second');
    await bus.broadcast(membershipsTopic, { type: 'memberships', userIds: ['7'], orgIds: [] });
    await aSweep();
    isAway = false;
    await aSweep();
    assert.deepEqual(pushed, [['1'], []]);
  });
});
