import assert from 'node:assert/strict';
import type { RetentionRecord } from '@rollcall/protocol';
import type { Actor } from '../../../../../server/src/domain/actor.ts';
import { updatePlan } from '../../../../../server/src/features/retention/commands/update-plan.ts';
import type { PlanChanges } from '../../../../../server/src/features/retention/domain/change-retention.ts';
import { emptyRetention } from '../../../../../server/src/features/retention/domain/effective-retention.ts';
import { actorFor, aMember, anOrganization, aState, now } from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

const owner = aMember({ orgRole: 'owner' });
const state = aState(anOrganization({ id: '1' }), { members: [owner] });

const hoursLater = (hours: number) => new Date(Date.parse(now) + hours * 60 * 60 * 1_000).toISOString().replace('Z', '000Z');
const ownerAddresses = ['owner@example.com', 'other@example.com'];

function decide(
  input: PlanChanges,
  retention: RetentionRecord | null = null,
  { actor = { kind: 'operator', name: 'bootstrap' } as Actor, at = now } = {},
) {
  return updatePlan.decide(input, { state, retention, ownerAddresses }, commandContext({ orgId: '1', actor, now: at }));
}

describe('update-plan', () => {
  it('[13.15] changes the plan and keeps the settings of the organization, even those above the maximum', () => {
    const record = { ...emptyRetention('1'), auditDays: 365 };
    const [change] = decide({ planName: 'Team', planDaysMax: 90 }, record).changes;
    assert.deepEqual(change, {
      kind: 'retention',
      id: '1',
      before: record,
      after: { ...record, planName: 'Team', planDaysMax: 90, formerPlan: { daysMax: null, until: hoursLater(24) } },
    });
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
      assert.throws(() => decide({ legalHold: true }, null, { actor }), { code: 'forbidden' });
    }
  });

  it('[11] records the plan and the hold in the audit log', () => {
    const before = { ...emptyRetention('1'), planName: 'Business', planDaysMax: 365 };
    const [event] = decide({ planName: 'Free', planDaysMax: 1, legalHold: true }, before).audit ?? [];
    assert.equal(event?.event, 'org.edit');
    assert.deepEqual(event.data, { plan: 'from Business (at most 365 days) to Free (at most 1 day)', legal_hold: 'to True' });
    assert.equal(decide({ planName: 'Free' }).audit?.[0]?.data.plan, 'from none (no maximum) to Free (no maximum)');
  });

  it('[13.15] delays a plan that shortens what is stored by a day, and mails each owner', () => {
    const before = { ...emptyRetention('1'), planDaysMax: 365 };
    const { result, mails = [] } = decide({ planDaysMax: 90 }, before);
    assert.deepEqual(result.formerPlan, { daysMax: 365, until: hoursLater(24) });
    const { name, slug } = state.organization!;
    const params = { orgName: name, orgSlug: slug, daysMax: 90, takesEffectAt: hoursLater(24) };
    assert.deepEqual(
      mails,
      ownerAddresses.map((to) => ({ template: 'smaller-plan', params, to })),
    );
    assert.deepEqual(decide({ planName: 'Team' }, result).mails, [], 'another name is no other maximum');
    assert.deepEqual(decide({ planDaysMax: 90 }, result).changes, []);
  });

  it('[13.15] ends the delay if the plan is raised again before', () => {
    const delayed = decide({ planDaysMax: 90 }, { ...emptyRetention('1'), planDaysMax: 365 }).result;
    for (const planDaysMax of [365, 400, null]) {
      const { result, mails } = decide({ planDaysMax }, delayed);
      assert.deepEqual([result, mails], [{ ...emptyRetention('1'), planDaysMax }, []]);
    }
  });

  it('[13.15] delays a second smaller plan from the time of that change, and keeps to the plan that applies', () => {
    const delayed = decide({ planDaysMax: 90 }, { ...emptyRetention('1'), planDaysMax: 365 }).result;
    for (const planDaysMax of [30, 200]) {
      const { result, mails } = decide({ planDaysMax }, delayed, { at: hoursLater(12) });
      assert.deepEqual([result.formerPlan, mails?.length], [{ daysMax: 365, until: hoursLater(36) }, 2]);
    }
    const later = decide({ planDaysMax: 30 }, delayed, { at: hoursLater(25) });
    assert.deepEqual(later.result.formerPlan, { daysMax: 90, until: hoursLater(49) });
    assert.equal(decide({ planDaysMax: 200 }, delayed, { at: hoursLater(25) }).result.formerPlan, undefined);
  });

  it('[13.15] delays no plan that allows all settings', () => {
    const record = { ...emptyRetention('1'), auditDays: 30, historyDays: 7, deliveryDays: 7 };
    const { result, mails } = decide({ planDaysMax: 30 }, record);
    assert.deepEqual([result, mails], [{ ...record, planDaysMax: 30 }, []]);
  });
});
