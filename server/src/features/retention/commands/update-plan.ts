import type { OrgState, RetentionRecord } from '@rollcall/protocol';
import { forbidden } from '../../../domain/authorize.ts';
import type { OutgoingMail } from '../../../mail/enqueue-mail.ts';
import type { Command } from '../../../write-path/command.ts';
import { loadOwnerAddresses } from '../../../write-path/commands/mail-recipients.ts';
import { type PlanChanges, planEdited, retentionChanged, withPlan } from '../domain/change-retention.ts';
import { allowedDays, emptyRetention } from '../domain/effective-retention.ts';
import { loadRetention, type RetentionFacts } from './load-retention.ts';

interface Facts extends RetentionFacts {
  readonly ownerAddresses: readonly string[];
}

/**
 * Changes an organization's plan and its legal hold, for the operator (REST contract 13.15). Mails
 * the owners if the plan shortens what is stored.
 */
export const updatePlan: Command<PlanChanges, Facts, RetentionRecord> = {
  name: 'update-plan',

  async load(tx, input, context) {
    const [facts, ownerAddresses] = await Promise.all([loadRetention(tx, input, context), loadOwnerAddresses(tx, context.orgId)]);
    return { ...facts, ownerAddresses };
  },

  decide(input, { state, retention, ownerAddresses }, { orgId, actor, now, retentionDaysMax, refuseInvalid }) {
    if (actor.kind !== 'operator') throw forbidden();
    refuseInvalid();
    const before = retention ?? emptyRetention(orgId);
    const after = withPlan(before, input, retentionDaysMax, now);
    return {
      changes: retentionChanged(retention, after),
      audit: planEdited(before, after),
      mails: after.formerPlan === before.formerPlan ? [] : mailsAbout(after, allowedDays(after, retentionDaysMax), state, ownerAddresses),
      result: after,
    };
  },
};

function mailsAbout(
  { formerPlan }: RetentionRecord,
  daysMax: number | null,
  { organization }: OrgState,
  addresses: readonly string[],
): OutgoingMail[] {
  if (!formerPlan || daysMax === null) return [];
  const { name, slug } = organization!;
  const params = { orgName: name, orgSlug: slug, daysMax, takesEffectAt: formerPlan.until };
  return addresses.map((to) => ({ template: 'smaller-plan', params, to }));
}
