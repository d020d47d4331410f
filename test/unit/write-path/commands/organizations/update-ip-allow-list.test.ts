import assert from 'node:assert/strict';
import type { AddressRule, IpAllowListRecord } from '@rollcall/protocol';
import type { Actor, CallingActor } from '../../../../../server/src/domain/actor.ts';
import type { GivenRule, IpAllowListChanges } from '../../../../../server/src/domain/organizations/ip-allow-list.ts';
import { removeExpiredAddresses } from '../../../../../server/src/write-path/commands/organizations/remove-expired-addresses.ts';
import { updateIpAllowList } from '../../../../../server/src/write-path/commands/organizations/update-ip-allow-list.ts';
import { actorFor, aMember, anOrganization, aState, now } from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

const owner = aMember({ orgRole: 'owner' });
const manager = aMember({ orgRole: 'manager' });
const inside = '203.0.113.9';
const early = '2020-01-01T00:00:00.000Z';
const late = '2099-01-01T00:00:00.000Z';

const given = (cidr: string, expiresAt: string | null = null): GivenRule => ({ cidr, description: '', expiresAt });
const rule = (id: string, cidr: string, expiresAt: string | null = null): AddressRule => ({ id, ...given(cidr, expiresAt) });
const aList = (isEnabled: boolean, ...rules: readonly AddressRule[]): IpAllowListRecord => ({ id: '1', isEnabled, rules: [...rules] });

function stateWith(list: IpAllowListRecord | null) {
  const state = aState(anOrganization({ id: '1' }), { members: [owner, manager] });
  if (list) state.put('ip-allow-list', list);
  return state;
}

function decide(input: Partial<IpAllowListChanges>, list: IpAllowListRecord | null = null, actor: Actor = from(inside)) {
  const changes = { isEnabled: null, rules: null, ...input };
  const newIds = (changes.rules ?? []).map((_, index) => String(100 + index));
  return updateIpAllowList.decide(changes, { state: stateWith(list), newIds }, commandContext({ orgId: '1', actor, now }));
}

const from = (address: string | null, member = owner): CallingActor =>
  ({ ...actorFor(member), address, at: Date.parse(now) }) as CallingActor;

describe('update-ip-allow-list', () => {
  it('[13.3] creates the list with the first change, and keeps the ids of known addresses', () => {
    const { changes } = decide({ rules: [given(inside), given('10.0.0.0/8')] });
    assert.deepEqual(changes, [
      { kind: 'ip-allow-list', id: '1', before: null, after: aList(false, rule('100', inside), rule('101', '10.0.0.0/8')) },
    ]);
    const known = aList(false, rule('7', '10.0.0.0/8'));
    const [change] = decide({ rules: [given(inside), given('10.0.0.0/8', late)] }, known).changes;
    assert.deepEqual(change?.after, aList(false, rule('100', inside), rule('7', '10.0.0.0/8', late)));
  });

  it('[W3] changes nothing if the list is the same, or none was needed', () => {
    const list = aList(true, rule('7', inside));
    for (const { changes, audit } of [
      decide({}),
      decide({ isEnabled: false, rules: [] }),
      decide({ isEnabled: true, rules: [given(inside)] }, list),
    ])
      assert.deepEqual([changes, audit], [[], []]);
  });

  it('[S-49] refuses a list without the address of its caller, unless the list is off', () => {
    const message = { body: { rules: [`Your own address ${inside} is not included.`] } };
    assert.throws(() => decide({ isEnabled: true }), message);
    assert.throws(() => decide({ isEnabled: true, rules: [given('198.51.100.0/24')] }), message);
    assert.throws(() => decide({ rules: [] }, aList(true, rule('7', inside))), message);
    assert.throws(() => decide({ isEnabled: true, rules: [given(inside)] }, null, from(null)), { code: 'invalid' });
    assert.equal(decide({ isEnabled: false, rules: [] }, aList(true, rule('7', inside))).changes.length, 1);
  });

  it('[S-49] refuses a caller whom the current list excludes, even from switching it off', () => {
    const list = aList(true, rule('7', '198.51.100.7'));
    assert.throws(() => decide({ isEnabled: false }, list), { code: 'address-not-allowed' });
    assert.throws(() => decide({ isEnabled: false }, aList(true, rule('7', inside, early))), { code: 'address-not-allowed' });
  });

  it('[13.3] refuses managers, and lets the operator switch the list off', () => {
    assert.throws(() => decide({ rules: [] }, null, from(inside, manager)), { code: 'forbidden' });
    const list = aList(true, rule('7', '198.51.100.7'));
    assert.deepEqual(decide({ isEnabled: false }, list, { kind: 'operator', name: 'bootstrap' }).result, { ...list, isEnabled: false });
  });

  it('[13.3] refuses rules that have expired', () => {
    assert.throws(() => decide({ rules: [given(inside, early)] }), { body: { rules: [`${inside}: The expiry must be in the future.`] } });
  });
});

describe('remove-expired-addresses', () => {
  it('[S-49] removes the rules that have expired, and only the server runs it', () => {
    const list = aList(true, rule('7', inside, early), rule('8', '10.0.0.0/8', late), rule('9', '192.0.2.1'));
    const run = (actor: Actor, before: IpAllowListRecord | null) =>
      removeExpiredAddresses.decide({}, stateWith(before), commandContext({ orgId: '1', actor, now }));
    const { changes, audit } = run({ kind: 'system' }, list);
    assert.deepEqual(changes[0]?.after, aList(true, rule('8', '10.0.0.0/8', late), rule('9', '192.0.2.1')));
    assert.deepEqual(audit?.[0]?.data, { id: '1', removed: inside });
    assert.deepEqual(run({ kind: 'system' }, aList(true, rule('8', '10.0.0.0/8', late))).changes, []);
    assert.deepEqual(run({ kind: 'system' }, null).changes, []);
    assert.throws(() => run(from(inside, manager), list));
  });
});
