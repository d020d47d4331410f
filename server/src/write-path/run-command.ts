import { formatOrgRevision } from '@rollcall/protocol';
import type { Bus, RevisionNotice } from '../bus/bus.ts';
import type { Database, Tx } from '../database/database.ts';
import { retryConflicts } from '../database/retry-conflicts.ts';
import { translateDatabaseError, violatedUnique } from '../database/translate-error.ts';
import { type Actor, actorAt, formatActor } from '../domain/actor.ts';
import type { AuditEvent } from '../domain/audit/audit.ts';
import { type FieldErrors, refuseInvalidFields } from '../domain/field-errors.ts';
import type { NewJob } from '../jobs/enqueue-job.ts';
import type { Failpoints } from '../runtime/failpoints.ts';
import type { Limits } from '../runtime/limits/limits.ts';
import type { KeyedSemaphore } from '../runtime/limits/semaphore.ts';
import type { Log } from '../runtime/log.ts';
import type { Counters } from '../runtime/metrics/counters.ts';
import type { TokenDeriver } from '../runtime/secrets/derived-tokens.ts';
import type { KeyRing } from '../runtime/secrets/key-ring.ts';
import type { Recorder } from '../runtime/security-events/recorder.ts';
import { addReactions } from './add-reactions.ts';
import { type AppendedRevision, appendRevision } from './append-to-log.ts';
import type { Command, CommandSettings, SaveContext } from './command.ts';
import type { Call } from './command-call.ts';
import type { CommandResponse } from './command-response.ts';
import { authorizeStoredResponse, hasStoredResponse, keyOfActor, lockStoredResponse, storeResponse } from './idempotency.ts';
import type { LockedHead } from './lock-head.ts';
import { lockAndLoad, saveSideEffects, startResponse } from './pipelined-steps.ts';
import { publishRevision } from './publish-revision.ts';
import type { Reaction } from './reaction.ts';
import { recordAudit } from './record-audit.ts';
import { recordChanges } from './security-events/record-changes.ts';
import type { WriteQueue } from './write-queue.ts';

/**
 * The only way to change an organization: one command is one transaction and one revision of one
 * organization (rule W1).
 */

export interface WritePath extends CommandSettings {
  readonly database: Database;
  readonly bus: Bus;
  readonly writeQueue: WriteQueue;
  /** Uses of each Idempotency-Key, which wait for each other. */
  readonly keyUses: KeyedSemaphore;
  readonly counters: Counters;
  readonly log: Log;
  readonly failpoints: Failpoints;
  readonly keys: KeyRing;
  readonly securityEvents: Recorder;
  readonly deriveToken: TokenDeriver;
  readonly limits: Limits;
  /** The rules that apply to every command, in the order in which their changes are appended. */
  readonly reactions: readonly Reaction[];
  /** Sends queued mail immediately. Called after the commit. */
  wakeMail(): void;
  /** Delivers the log of the organization to its outlets immediately. Called after the commit. */
  wakeConsumers(orgId: string): void;
  /** Begins enqueued jobs immediately. Called after the commit. */
  wakeJobs(): void;
  /** Waits for an enqueued job: see `JobRunner.settle`. */
  settleJob(job: NewJob, ms: number): Promise<void>;
}

export interface Outcome {
  readonly response: CommandResponse;
  /** `<epoch>.<revision>` of the organization after this command. */
  readonly orgRevision: string;
  /** The revision that the command made. Null if nothing changed. */
  readonly committed: CommittedRevision | null;
  /** The size of what the command added to the database, approximately. */
  readonly bytes: number;
}

/** A revision without its entry, so that its changes need not stay in memory. */
export type CommittedRevision = Omit<RevisionNotice, 'entry'>;

interface Committed {
  readonly response: Promise<CommandResponse>;
  readonly orgRevision: string;
  /** Null if nothing changed. */
  readonly appended: AppendedRevision | null;
  readonly audit: readonly AuditEvent[];
  readonly hasMail: boolean;
  readonly hasJobs: boolean;
  readonly bytes: number;
}

/**
 * Runs a command in five steps: lock the head, load, authorize and decide, append and save,
 * publish.
 * @throws OrgError the command's refusal; `revision-conflict` (rule W6); `key-reused` (rule W5);
 * `unavailable` (rule R12)
 */
export async function runCommand<Input, Facts, Result>(
  path: WritePath,
  command: Command<Input, Facts, Result>,
  call: Call<NoInfer<Input>, Result>,
): Promise<Outcome> {
  await refuseEarly(path, command, call);
  const run = () => commit(path, command, call);
  const { actor, idempotencyKey } = call;
  const committing = idempotencyKey ? path.keyUses.run(keyOfActor(formatActor(actor), idempotencyKey), run) : run();
  const { response, orgRevision, appended, audit, hasMail, hasJobs, bytes } = await committing;
  recordChanges(path.securityEvents, call, audit);
  path.failpoints.reach('after-commit');
  if (hasMail) path.wakeMail();
  if (hasJobs) path.wakeJobs();
  // 5. Publish.
  if (appended) {
    publishRevision(path, appended);
    path.wakeConsumers(call.orgId);
  }
  return { response: await response, orgRevision, committed: appended && committedOf(appended), bytes };
}

function committedOf({ entry, chain }: AppendedRevision): CommittedRevision {
  return { orgId: entry.orgId, revision: entry.revision, chain };
}

/** Steps 1 to 4. COMMIT follows when this resolves. */
async function runInTransaction<Input, Facts, Result>(
  tx: Tx,
  path: WritePath,
  command: Command<Input, Facts, Result>,
  call: Call<Input, Result>,
): Promise<Committed> {
  const actor = formatActor(call.actor);
  const kept = call.idempotencyKey ? await lockStoredResponse(tx, actor, call.idempotencyKey) : null;
  if (kept) {
    if (!command.createsOrganization) await authorizeStoredResponse(tx, kept, { ...call, deriveToken: path.deriveToken });
    return {
      response: Promise.resolve(kept.response),
      orgRevision: kept.orgRevision,
      appended: null,
      audit: [],
      hasMail: false,
      hasJobs: false,
      bytes: 0,
    };
  }

  // 1. Lock the head. 2. Load.
  const { head, facts } = await lockAndLoad(tx, command, call, path.deriveToken);

  // 3. Authorize and decide.
  const context = contextOf(path, call, head);
  const decision = command.decide(call.input, facts, context);
  const { exemptFrom = [] } = command;
  const reactions = path.reactions.filter((reaction) => !exemptFrom.includes(reaction));
  const changes = await addReactions(tx, reactions, call.orgId, decision.changes);

  // 4. Append and save.
  const audit = await recordAudit(tx, head, { ...context, ipAddress: call.ipAddress ?? null }, changes, decision.audit ?? []);
  const origin = { command: command.name, actor, requestId: call.requestId };
  const appending = appendRevision(tx, head, origin, changes, audit);
  const appended = appending instanceof Promise ? await appending : appending;
  await saveSideEffects(tx, command, { decision, facts, context });
  const { response, queriesSent } = startResponse(tx, call, decision.result);
  const orgRevision = formatOrgRevision({ epoch: head.epoch, revision: appended?.entry.revision ?? head.revision });
  let bytes = appended?.bytes ?? 0;
  if (call.idempotencyKey) bytes += storeResponse(tx, actor, call.idempotencyKey, { response: await response, orgRevision });
  else await queriesSent;
  const { mails = [], jobs = [] } = decision;
  return { response, orgRevision, appended, audit: decision.audit ?? [], hasMail: mails.length > 0, hasJobs: jobs.length > 0, bytes };
}

function contextOf<Input, Result>(
  { invites, inviteDays, retiredRoles, retentionDaysMax, deriveToken, limits }: WritePath,
  { orgId, actor, malformed = {} }: Call<Input, Result>,
  { now }: LockedHead,
): SaveContext {
  const refuseInvalid = (...found: readonly FieldErrors[]) => refuseInvalidFields(malformed, ...found);
  const settings = { invites, inviteDays, retiredRoles, retentionDaysMax };
  return { orgId, actor: actorAt(actor, Date.parse(now)), now, ...settings, malformed, refuseInvalid, deriveToken, limits };
}

/** Tokens of organizations count as one writer, because members may create many of them. */
function writerOf(actor: Actor): string {
  return actor.kind === 'org-token' ? 'org-tokens' : formatActor(actor);
}

/**
 * Calls `precheck` before the lock. A retry of a command that succeeded is not refused, because its
 * stored response is returned under the lock.
 */
async function refuseEarly<Input, Facts, Result>(
  { database }: WritePath,
  command: Command<Input, Facts, Result>,
  { actor, input, idempotencyKey }: Call<Input, Result>,
): Promise<void> {
  try {
    await command.precheck?.(database.db, input);
  } catch (error) {
    if (idempotencyKey && (await hasStoredResponse(database.db, actor, idempotencyKey))) return;
    throw translateDatabaseError(error);
  }
}

async function commit<Input, Facts, Result>(
  path: WritePath,
  command: Command<Input, Facts, Result>,
  call: Call<Input, Result>,
): Promise<Committed> {
  const write = { writer: writerOf(call.actor), isUrgent: command.endsAccess?.(call.input) ?? false };
  try {
    return await retryConflicts(() =>
      path.writeQueue.run(call.orgId, write, ({ chain, release }) =>
        chain.transact(path.database, (tx) => runInTransaction(tx, path, command, call), release),
      ),
    );
  } catch (error) {
    // A violated constraint means that a concurrent write came between the check and this write.
    const conflict = command.conflicts?.[violatedUnique(error) ?? ''];
    throw conflict ? conflict() : translateDatabaseError(error);
  }
}
