import type { Tx } from '../../../database/database.ts';
import {
  deleteRedaction,
  readDuePerson,
  readPendingRedactions,
  readStoredAddresses,
  readVerifiedAddresses,
} from '../../../database/members/removed-members.ts';
import { serverStreamId } from '../../../domain/server-stream.ts';
import type { WritePath } from '../../../write-path/run-command.ts';
import { runSystemCommand } from '../../../write-path/run-system-command.ts';
import { deleteBegunExports } from '../../archive/database/exports.ts';
import { redactPerson } from '../commands/redact-person.ts';
import {
  type Page,
  redactAuditPage,
  redactDeliveriesPage,
  redactLogPage,
  redactStates,
  removeSentInvites,
} from '../database/redact-rows.ts';
import { readRetentionNow } from '../database/retention-now.ts';
import { effectiveRetention } from '../domain/effective-retention.ts';
import { type Person, personOf, Redactor } from '../domain/replace-person.ts';
import { noRows, type RetentionRun, type RetentionStep } from './retention-step.ts';

/** A pass reads all entries of an organization once, and keeps the ids and addresses in memory. */
const personsPerPassMax = 1_000;

/**
 * Replaces the names and addresses of removed members, and of erased users. The command changes the
 * state and stores what to replace; then the rows are rewritten. If the process dies in between,
 * the next run rewrites them from the beginning.
 */
export function personsStep(writePath: WritePath): RetentionStep {
  return {
    name: 'persons',
    async run(run) {
      if (run.orgId === serverStreamId) return;
      await redactDuePeople(writePath, run);
      const persons = await readPendingRedactions(writePath.database.db, run.orgId);
      for (let at = 0; at < persons.length; at += personsPerPassMax) await rewriteRows(run, persons.slice(at, at + personsPerPassMax));
    },
  };
}

async function redactDuePeople(writePath: WritePath, run: RetentionRun): Promise<void> {
  const { db } = writePath.database;
  const { orgId } = run;
  let last: string | null = null;
  for (;;) {
    // Thousands may be due at once, for example after a shorter retention was set.
    await run.assertOwned();
    const startedAt = performance.now();
    const { retention, now } = await readRetentionNow(db, orgId);
    const { personDays } = effectiveRetention(retention, writePath.retentionDaysMax, now);
    if (retention?.legalHold || personDays === null) return;
    const due = await readDuePerson(db, orgId, personDays);
    // The command changes nothing if the organization is removed in between.
    if (!due || due.memberId === last) return;
    last = due.memberId;
    const who = { userId: due.userId, memberIds: [due.memberId] };
    const verified = who.userId === null ? [] : await readVerifiedAddresses(db, who.userId);
    const person = personOf(who, verified, await readStoredAddresses(db, orgId, who.userId, who.memberIds));
    await runSystemCommand(writePath, redactPerson, {
      orgId,
      input: { person, endsMembership: false, isByOperator: false },
      requestId: null,
    });
    await run.pauseAfterWork(startedAt);
  }
}

async function rewriteRows(run: RetentionRun, persons: readonly Person[]): Promise<void> {
  const { orgId } = run;
  const redactor = new Redactor(persons);
  const revisions = new Set<string>();
  const isRewritten =
    (await inPages(run, ['0', 0], (tx, from: readonly [string, number]) => redactLogPage(tx, orgId, from, redactor, revisions))) &&
    (await inPages(run, '0', (tx, from: string) => redactAuditPage(tx, orgId, from, redactor))) &&
    (await inPages(run, '0', (tx, from: string) => redactDeliveriesPage(tx, orgId, from, redactor, revisions)));
  if (!isRewritten) return;
  await run.changeInBatches(async (tx) => {
    await redactStates(tx, orgId, redactor);
    for (const person of persons) {
      await removeSentInvites(tx, orgId, person.addresses);
      await deleteRedaction(tx, orgId, person);
    }
    await deleteBegunExports(tx, orgId);
    return noRows;
  });
}

/** Returns false if a legal hold stopped it. */
async function inPages<Position>(
  run: RetentionRun,
  start: Position,
  redactPage: (tx: Tx, from: Position) => Promise<Page<Position>>,
): Promise<boolean> {
  let next: Position | null = start;
  await run.changeInBatches(async (tx) => {
    const page = await redactPage(tx, next!);
    next = page.next;
    return { rows: page.changedRows, hasMore: next !== null };
  });
  return next === null;
}
