import assert from 'node:assert/strict';
import type { RetentionRecord } from '@rollcall/protocol';
import type { Actor } from '../../../../../server/src/domain/actor.ts';
import { updateRetention } from '../../../../../server/src/features/retention/commands/update-retention.ts';
import type { RetentionChanges } from '../../../../../server/src/features/retention/domain/change-retention.ts';
import { emptyRetention } from '../../../../../server/src/features/retention/domain/effective-retention.ts';
import { actorFor, aMember, anOrganization, aState, now } from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

const owner = aMember({ orgRole: 'owner' });
const manager = aMember({ orgRole: 'manager' });
const state = aState(anOrganization({ id: '1' }), { members: [owner, manager] });

interface Given {
  readonly retention?: RetentionRecord | null;
  readonly actor?: Actor;
  readonly retentionDaysMax?: number | null;
}

function decide(input: RetentionChanges, { retention = null, actor = actorFor(owner), retentionDaysMax = null }: Given = {}) {
  return updateRetention.decide(input, { state, retention }, commandContext({ orgId: '1', actor, now, retentionDaysMax }));
}

const refusal = (field: string, text: string) => ({ code: 'invalid', body: { [field]: [text] } });

describe('update-retention', () => {
  it('[13.15] creates the record with the first change, and keeps settings that are absent', () => {
    const record = { ...emptyRetention('1'), auditDays: 90 };
    assert.deepEqual(decide({ auditDays: 90 }).changes, [{ kind: 'retention', id: '1', before: null, after: record }]);
    const [change] = decide({ historyDays: 7 }, { retention: record }).changes;
    assert.deepEqual(change, { kind: 'retention', id: '1', before: record, after: { ...record, historyDays: 7 } });
  });

  it('[W3] changes nothing if the settings are the same, or none was needed', () => {
    for (const { changes, audit } of [decide({}), decide({ auditDays: null }), decide({ personDays: null, deliveryDays: null })]) {
      assert.deepEqual([changes, audit], [[], []]);
    }
  });

  it('[13.15] refuses more than the maximum of the plan or of the operator', () => {
    const retention = { ...emptyRetention('1'), planDaysMax: 90 };
    assert.throws(() => decide({ auditDays: 91 }, { retention }), refusal('auditDays', 'Your plan keeps at most 90 days.'));
    assert.throws(
      () => decide({ personDays: 31 }, { retention, retentionDaysMax: 30 }),
      refusal('personDays', 'Your plan keeps at most 30 days.'),
    );
    assert.equal(decide({ auditDays: 90, personDays: 0 }, { retention }).changes.length, 1);
  });

  it('[13.15] refuses less than the minimum of a setting, which a plan may lower', () => {
    const tooFew = (least: number) => `Ensure this value is greater than or equal to ${least}.`;
    assert.throws(() => decide({ auditDays: 29 }), refusal('auditDays', tooFew(30)));
    assert.throws(() => decide({ historyDays: 0 }), refusal('historyDays', tooFew(1)));
    assert.throws(() => decide({ deliveryDays: 0 }), refusal('deliveryDays', tooFew(1)));
    assert.equal(decide({ personDays: 0 }).changes.length, 1);
    const retention = { ...emptyRetention('1'), planDaysMax: 10 };
    assert.equal(decide({ auditDays: 10 }, { retention }).changes.length, 1);
    assert.throws(() => decide({ auditDays: 9 }, { retention }), refusal('auditDays', tooFew(10)));
  });

  it('[13.15] refuses managers, who may only read the settings', () => {
    assert.throws(() => decide({ auditDays: 90 }, { actor: actorFor(manager) }), { code: 'forbidden' });
  });

  it('[11] describes the changed settings in the audit log', () => {
    const retention = { ...emptyRetention('1'), auditDays: 90 };
    const [event] = decide({ auditDays: 30, historyDays: 1 }, { retention }).audit ?? [];
    assert.deepEqual(event, {
      event: 'org.edit',
      targetObject: '1',
      targetUser: null,
      note: 'edited the organization setting: retention from audit log 90 days, history default to audit log 30 days, history 1 day',
      data: { retention: 'from audit log 90 days, history default to audit log 30 days, history 1 day' },
    });
  });
});
