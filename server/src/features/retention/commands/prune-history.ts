import type { AuditEntryRecord } from '@rollcall/protocol';
import { readExpiredLiveEntries, retireEntries } from '../../../database/audit/audit-entries.ts';
import { authorize } from '../../../domain/authorize.ts';
import { removed } from '../../../domain/changes.ts';
import type { Command } from '../../../write-path/command.ts';
import { loadActorState } from '../../../write-path/load-state.ts';
import { raiseFloor } from '../database/prune-rows.ts';
import { readRetentionNow } from '../database/retention-now.ts';
import { retentionChanged } from '../domain/change-retention.ts';
import { effectiveRetention, emptyRetention } from '../domain/effective-retention.ts';
import { type PruneFacts, pruneTarget } from '../domain/prune-target.ts';
import { loadPruneFacts } from './load-prune-facts.ts';
import type { RetentionFacts } from './load-retention.ts';

export interface PruneHistory {
  /** The operator's maximum for all organizations. */
  readonly daysMax: number | null;
}

interface Facts extends PruneFacts, RetentionFacts {
  /** Entries of the state that are older than the setting allows. */
  readonly expiredEntries: readonly AuditEntryRecord[];
}

/**
 * Raises the floor of an organization's log, and removes old audit entries from its state. From
 * this revision on, every feed refuses cursors below the floor. The rows are deleted afterwards
 * (docs/adr/0033).
 */
export const pruneHistory: Command<PruneHistory, Facts, number | null> = {
  name: 'prune-history',

  async load(tx, { daysMax }, { orgId, actor }) {
    const [state, { retention, now }] = await Promise.all([loadActorState(tx, orgId, actor), readRetentionNow(tx, orgId)]);
    const { auditDays, historyDays } = effectiveRetention(retention, daysMax, now);
    const [facts, expiredEntries] = await Promise.all([
      loadPruneFacts(tx, orgId, historyDays),
      auditDays === null ? [] : readExpiredLiveEntries(tx, orgId, auditDays),
    ]);
    return { ...facts, state, retention, expiredEntries };
  },

  decide(_input, facts, { orgId, actor }) {
    authorize(facts.state, actor, 'org:admin');
    const { retention, expiredEntries } = facts;
    if (retention?.legalHold) return { changes: [], result: null };
    const retired = expiredEntries.map((entry) => removed('audit-entry', entry));
    const target = pruneTarget(facts);
    if (target === null) return { changes: retired, result: null };
    const after = { ...(retention ?? emptyRetention(orgId)), prunedThrough: target };
    const data = { pruned_through: String(target) };
    const note = `pruned the history through revision ${target}`;
    return {
      changes: [...retentionChanged(retention, after), ...retired],
      audit: [{ event: 'history.prune', targetObject: orgId, targetUser: null, note, data }],
      result: target,
    };
  },

  async persistSideEffects(tx, { changes, result: floor }, { orgId }) {
    const retiredIds = changes.filter(({ kind }) => kind === 'audit-entry').map(({ id }) => id);
    if (retiredIds.length > 0) await retireEntries(tx, orgId, retiredIds);
    if (floor !== null) await raiseFloor(tx, orgId, floor);
  },
};

/**
 * Raises the floor of the server's own log, which has no records and no cursors. It makes no
 * revision, so it ends no credential.
 */
export const pruneServerLog: Command<PruneHistory, PruneFacts, number | null> = {
  name: 'prune-server-log',

  load: (tx, { daysMax }, { orgId }) => loadPruneFacts(tx, orgId, effectiveRetention(null, daysMax, null).historyDays),

  decide: (_input, facts) => ({ changes: [], result: pruneTarget(facts) }),

  async persistSideEffects(tx, { result }, { orgId }) {
    if (result !== null) await raiseFloor(tx, orgId, result);
  },
};
