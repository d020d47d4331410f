import assert from 'node:assert/strict';
import type { RetentionRecord } from '@rollcall/protocol';
import type { Actor } from '../../../../../server/src/domain/actor.ts';
import type { PlanChanges } from '../../../../../server/src/domain/retention/change-retention.ts';
import { emptyRetention } from '../../../../../server/src/domain/retention/effective-retention.ts';
import { updatePlan } from '../../../../../server/src/write-path/commands/retention/update-plan.ts';
import { actorFor, aMember, anOrganization, aState, now } from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

const owner = aMember({ orgRole: 'owner' });
const state = aState(anOrganization({ id: '1' }), { members: [owner] });

function decide(input: PlanChanges, retention: RetentionRecord | null = null, actor: Actor = { kind: 'operator' }) {
  return updatePlan.decide(input, { state, retention }, commandContext({ orgId: '1', actor, now }));
}

describe('update-plan', () => {
  it('[13.15] changes the plan and keeps the settings of the organization, even those above the maximum', () => {
    const record = { ...emptyRetention('1'), auditDays: 365 };
    const [change] = decide({ planName: 'Team', planDaysMax: 90 }, record).changes;
    assert.deepEqual(change, { kind: 'retention', id: '1', before: record, after: { ...record, planName: 'Team', planDaysMax: 90 } });
  });

  it('[13.15] creates the record of an organization without settings', () => {
    assert.deepEqual(decide({ legalHold: true }).changes, [
      { kind: 'retention', id: '1', before: null, after: { ...emptyRetention('1'), legalHold: true } },
    ]);
  });

  it('[W3] changes nothing if plan and hold are the same', () => {
    const { changes, audit } = decide({ planName: null, legalHold: false });
    assert.deepEqual([changes, audit], [[], []]);
  });

  it('[13.15] refuses every actor but the operator', () => {
    for (const actor of [actorFor(owner), { kind: 'system' }] as const) {
      assert.throws(() => decide({ legalHold: true }, null, actor), { code: 'forbidden' });
    }
  });

  it('[11] records the plan and the hold in the audit log', () => {
    const before = { ...emptyRetention('1'), planName: 'Business', planDaysMax: 365 };
    const [event] = decide({ planName: 'Free', planDaysMax: 1, legalHold: true }, before).audit ?? [];
    assert.equal(event?.event, 'org.edit');
    assert.deepEqual(event.data, { plan: 'from Business (at most 365 days) to Free (at most 1 day)', legal_hold: 'to True' });
    assert.equal(decide({ planName: 'Free' }).audit?.[0]?.data.plan, 'from none (no maximum) to Free (no maximum)');
  });
});
