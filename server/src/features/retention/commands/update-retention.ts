import type { RetentionRecord } from '@rollcall/protocol';
import { authorize } from '../../../domain/authorize.ts';
import type { Command } from '../../../write-path/command.ts';
import { type RetentionChanges, retentionChanged, retentionEdited, retentionErrors } from '../domain/change-retention.ts';
import { allowedDays, emptyRetention } from '../domain/effective-retention.ts';
import { loadRetention, type RetentionFacts } from './load-retention.ts';

/** Changes how long the data of an organization is stored (REST contract 13.15). */
export const updateRetention: Command<RetentionChanges, RetentionFacts, RetentionRecord> = {
  name: 'update-retention',

  load: loadRetention,

  decide(input, { state, retention }, { orgId, actor, retentionDaysMax, refuseInvalid }) {
    authorize(state, actor, 'org:admin');
    refuseInvalid(retentionErrors(input, allowedDays(retention, retentionDaysMax)));
    const before = retention ?? emptyRetention(orgId);
    const after = { ...before, ...input };
    return { changes: retentionChanged(retention, after), audit: retentionEdited(before, after), result: after };
  },
};
