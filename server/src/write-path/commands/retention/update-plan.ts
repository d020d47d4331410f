import type { RetentionRecord } from '@rollcall/protocol';
import { forbidden } from '../../../domain/authorize.ts';
import { type PlanChanges, planEdited, retentionChanged } from '../../../domain/retention/change-retention.ts';
import { emptyRetention } from '../../../domain/retention/effective-retention.ts';
import type { Command } from '../../command.ts';
import { loadRetention, type RetentionFacts } from './load-retention.ts';

/** Changes an organization's plan and its legal hold, for the operator (REST contract 13.15). */
export const updatePlan: Command<PlanChanges, RetentionFacts, RetentionRecord> = {
  name: 'update-plan',

  load: loadRetention,

  decide(input, { retention }, { orgId, actor, refuseInvalid }) {
    if (actor.kind !== 'operator') throw forbidden();
    refuseInvalid();
    const before = retention ?? emptyRetention(orgId);
    const after = { ...before, ...input };
    return { changes: retentionChanged(retention, after), audit: planEdited(before, after), result: after };
  },
};
