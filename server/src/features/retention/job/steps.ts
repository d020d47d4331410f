import type { LogConsumer } from '../../../consumers/log-consumer.ts';
import { serverStreamId } from '../../../domain/server-stream.ts';
import type { WritePath } from '../../../write-path/run-command.ts';
import { runSystemCommand } from '../../../write-path/run-system-command.ts';
import { loadPruneFacts } from '../commands/load-prune-facts.ts';
import { pruneHistory, pruneServerLog } from '../commands/prune-history.ts';
import {
  deleteAuditEntries,
  deleteDeliveries,
  deleteDeliveriesOfRemoved,
  deleteHistory,
  deleteSecurityEvents,
} from '../database/prune-rows.ts';
import { readRetentionNow } from '../database/retention-now.ts';
import { effectiveRetention } from '../domain/effective-retention.ts';
import { lateOutlets } from '../domain/prune-target.ts';
import { noRows, type RetentionStep } from './retention-step.ts';

/**
 * Raises the floor of the log first, and then deletes the entries up to the committed floor. If the
 * process dies in between, the next run deletes them.
 * @param outlets returns the kinds of outlets, which disable those that the prune does not wait for
 */
export function historyStep(writePath: WritePath, outlets: () => readonly LogConsumer[]): RetentionStep {
  const daysMax = writePath.retentionDaysMax;
  return {
    name: 'history',
    async run(run) {
      const { orgId } = run;
      const call = { orgId, input: { daysMax }, requestId: null };
      if (orgId === serverStreamId) {
        await runSystemCommand(writePath, pruneServerLog, call);
      } else {
        await disableLateOutlets(writePath, outlets(), orgId);
        await runSystemCommand(writePath, pruneHistory, call);
      }
      writePath.failpoints.reach('after-prune');
      let fromRevision = 0;
      await run.changeInBatches(async (tx) => {
        const batch = await deleteHistory(tx, orgId, fromRevision);
        fromRevision = batch.lastRevision;
        return batch;
      });
    },
  };
}

/** The command decides again, so an outlet that is enabled in between only holds the floor. */
async function disableLateOutlets(
  { database, retentionDaysMax }: WritePath,
  outlets: readonly LogConsumer[],
  orgId: string,
): Promise<void> {
  const { retention, now } = await readRetentionNow(database.db, orgId);
  if (retention?.legalHold) return;
  const facts = await loadPruneFacts(database.db, orgId, effectiveRetention(retention, retentionDaysMax, now).historyDays);
  for (const { kind, recordId } of lateOutlets(facts)) {
    await outlets.find((outlet) => outlet.kind === kind)?.disable({ orgId, recordId }, 'history-pruned', async () => true);
  }
}

/** Deletes old entries of the audit log. `prune-history` has removed them from the state. */
export const auditStep: RetentionStep = {
  name: 'audit',
  run: (run) =>
    run.changeInBatches(async (tx, { auditDays }) => (auditDays === null ? noRows : deleteAuditEntries(tx, run.orgId, auditDays))),
};

/** Deletes old security events, of the organization or of the whole server. */
export function securityEventsStep({ limits }: WritePath): RetentionStep {
  return {
    name: 'security-events',
    run: (run) => {
      const orgId = run.orgId === serverStreamId ? null : run.orgId;
      return run.changeInBatches((tx) => deleteSecurityEvents(tx, orgId, limits.securityEventDays));
    },
  };
}

/** Deletes attempts of deliveries: those of removed outlets, and old ones. */
export const deliveriesStep: RetentionStep = {
  name: 'deliveries',
  async run(run) {
    await run.changeInBatches((tx) => deleteDeliveriesOfRemoved(tx, run.orgId));
    await run.changeInBatches((tx, { deliveryDays }) => deleteDeliveries(tx, run.orgId, deliveryDays));
  },
};
