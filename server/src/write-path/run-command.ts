import { formatOrgRevision, OrgError, parseOrgRevision } from '@rollcall/protocol';
import type { Bus } from '../bus/bus.ts';
import type { Database, Tx } from '../database/database.ts';
import { saveChanges } from '../database/records/records-write.ts';
import { pipeline, transact } from '../database/transact.ts';
import { isRetryable, translateDatabaseError, violatedUnique } from '../database/translate-error.ts';
import { type Actor, formatActor } from '../domain/actor.ts';
import { authorizeEntry } from '../domain/authorize.ts';
import { enqueueMail } from '../mail/enqueue-mail.ts';
import type { Counters } from '../runtime/counters.ts';
import type { DeriveToken } from '../runtime/derived-tokens.ts';
import type { Failpoints } from '../runtime/failpoints.ts';
import type { Limits } from '../runtime/limits.ts';
import type { Log } from '../runtime/log.ts';
import { type AppendedRevision, appendToLog, nextRevision } from './append-to-log.ts';
import type { Command, CommandContext } from './command.ts';
import { type Answer, hasKeptAnswer, type IdempotencyKey, type KeptAnswer, keepAnswer, lockKeptAnswer } from './idempotency.ts';
import { loadActorState } from './load-state.ts';
import { type LockedHead, lockHead } from './lock-head.ts';
import { publishRevision } from './publish-revision.ts';
import { readAuditFacts, recordAudit } from './record-audit.ts';
import { settleAccessRequests } from './settle-access-requests.ts';
import type { WriteQueue } from './write-queue.ts';

/** The write path's one way in: one command is one transaction is one revision of one organization (rule W1). */

export interface WritePath {
  readonly database: Database;
  readonly bus: Bus;
  readonly writeQueue: WriteQueue;
  readonly counters: Counters;
  readonly log: Log;
  readonly failpoints: Failpoints;
  readonly deriveToken: DeriveToken;
  readonly limits: Limits;
  /** Has queued mail sent at once. To be called after the commit. */
  wakeMail(): void;
}

export interface Call<Input, Result> {
  readonly orgId: string;
  readonly actor: Actor;
  readonly input: Input;
  readonly requestId: string | null;
  /** Where the request came from, for the audit log. Absent where no request did. */
  readonly ipAddress?: string | null;
  readonly idempotencyKey?: IdempotencyKey | null;
  /** An `If-Match` header: `<epoch>.<revision>`, a bare revision, or `*`. */
  readonly ifMatch?: string | null;
  /** Makes the answer inside the transaction: it shows the state at this very revision, and can be kept for a retry. */
  respond(tx: Tx, result: Result): Promise<Answer>;
  /** All that `respond` asks of the database it asks at once, not by what it heard: the commit goes right behind that. */
  readonly respondsAtOnce?: true;
}

export interface Outcome {
  readonly answer: Answer;
  /** `<epoch>.<revision>`: where the organization stands with this command. */
  readonly orgRevision: string;
}

interface Committed {
  readonly answer: Promise<Answer>;
  readonly orgRevision: string;
  /** Null when nothing changed. */
  readonly appended: AppendedRevision | null;
  readonly hasMail: boolean;
}

/** A deadlock is settled by the next attempt; a third failure is a fault. */
const attemptsMax = 3;

/**
 * Runs a command: lock, judge, save, append, commit, publish.
 * @throws OrgError what the command refuses with; `revision-conflict` (rule W6); `key-reused` (rule W5); `unavailable` (rule R12)
 */
export async function runCommand<Input, Facts, Result>(
  path: WritePath,
  command: Command<Input, Facts, Result>,
  call: Call<Input, Result>,
): Promise<Outcome> {
  await lookFirst(path, command, call);
  const write = { writer: writerOf(call.actor), isUrgent: command.endsAccess?.(call.input) ?? false };
  const { answer, orgRevision, appended, hasMail } = await path.writeQueue.run(call.orgId, write, () => commit(path, command, call));
  path.failpoints.reach('after-commit');
  if (hasMail) path.wakeMail();
  if (appended) publishRevision(path, appended);
  return { answer: await answer, orgRevision };
}

/** Tokens of organizations count as one writer: members may make many of them. */
function writerOf(actor: Actor): string {
  return actor.kind === 'org-token' ? 'org-tokens' : formatActor(actor);
}

/** A retry of what was done already is not refused: its answer is kept, and given under the lock. */
async function lookFirst<Input, Facts, Result>(
  { database }: WritePath,
  command: Command<Input, Facts, Result>,
  { actor, input, idempotencyKey }: Call<Input, Result>,
): Promise<void> {
  try {
    await command.look?.(database.db, input);
  } catch (error) {
    if (idempotencyKey && (await hasKeptAnswer(database.db, formatActor(actor), idempotencyKey))) return;
    throw translateDatabaseError(error);
  }
}

async function commit<Input, Facts, Result>(
  path: WritePath,
  command: Command<Input, Facts, Result>,
  call: Call<Input, Result>,
): Promise<Committed> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transact(path.database.db, (tx) => runInTransaction(tx, path, command, call));
    } catch (error) {
      if (attempt < attemptsMax && isRetryable(error)) continue;
      // A broken constraint is a race that was lost between looking and writing.
      const conflict = command.conflicts?.[violatedUnique(error) ?? ''];
      throw conflict ? conflict() : translateDatabaseError(error);
    }
  }
}

async function runInTransaction<Input, Facts, Result>(
  tx: Tx,
  { deriveToken, limits }: WritePath,
  command: Command<Input, Facts, Result>,
  call: Call<Input, Result>,
): Promise<Committed> {
  const actor = formatActor(call.actor);
  const kept = call.idempotencyKey ? await lockKeptAnswer(tx, actor, call.idempotencyKey) : null;
  if (kept) {
    await assertMaySee(tx, kept, command, call);
    return { answer: Promise.resolve(kept.answer), orgRevision: kept.orgRevision, appended: null, hasMail: false };
  }
  const locking = lockHead(tx, call.orgId, command.createsOrganization === true);
  // Its statements are behind the lock's, and see all that was committed before the lock was had (rule W2).
  const loading = command.load(tx, call.input, call);
  const reading = readAuditFacts(tx, call.actor);
  // What they refuse counts less than a lock that was not had, or an organization that moved on.
  pipeline(loading);
  pipeline(reading);
  const head = await locking;
  if (call.ifMatch) assertUnmoved(head, call.ifMatch);
  const facts = await loading;

  const context: CommandContext = { orgId: call.orgId, actor: call.actor, now: head.now };
  const decision = command.decide(call.input, facts, context);
  const decided = [...decision.changes, ...(await settleAccessRequests(tx, call.orgId, decision.changes))];
  const saving = saveChanges(tx, call.orgId, decided);
  pipeline(saving);
  if (command.persistSideEffects)
    await Promise.all([saving, command.persistSideEffects(tx, decision, { ...context, deriveToken, limits }, facts)]);
  const mails = decision.mails ?? [];
  await enqueueMail(tx, mails);
  const answer = call.respond(tx, decision.result);
  pipeline(answer);
  const audit = await recordAudit(tx, head, { ipAddress: call.ipAddress ?? null, ...context }, await reading, decision.audit ?? []);
  const origin = { command: command.name, actor, requestId: call.requestId };
  const changes = [...decided, ...audit.changes];
  const appended = changes.length > 0 ? nextRevision(head, origin, changes) : null;
  const orgRevision = formatOrgRevision({ epoch: head.epoch, revision: appended?.entry.revision ?? head.revision });
  if (appended) pipeline(appendToLog(tx, appended, audit.liveAuditEntries));
  if (call.idempotencyKey) pipeline(keepAnswer(tx, actor, call.idempotencyKey, { answer: await answer, orgRevision }));
  else if (!call.respondsAtOnce) await answer;
  return { answer, orgRevision, appended, hasMail: mails.length > 0 };
}

/**
 * A kept answer may tell of the organization, and who asks may have been removed since. One without a body tells nothing:
 * whoever left hears again that they did. What made an organization tells its maker what they put in it.
 * @throws OrgError as `authorizeEntry`, or `not-found`
 */
async function assertMaySee<Input, Facts, Result>(
  tx: Tx,
  { answer }: KeptAnswer,
  { createsOrganization }: Command<Input, Facts, Result>,
  { orgId, actor }: Call<Input, Result>,
): Promise<void> {
  if (actor.kind === 'operator' || actor.kind === 'system' || createsOrganization || answer.body === undefined) return;
  authorizeEntry(await loadActorState(tx, orgId, actor), actor);
}

/** Rule W6. */
function assertUnmoved(head: LockedHead, ifMatch: string): void {
  if (ifMatch.trim() === '*') return;
  const asked = parseOrgRevision(ifMatch) ?? parseBareRevision(ifMatch);
  if (!asked) throw new OrgError('invalid', 'If-Match must be a revision, as the X-Org-Revision header gives it.');
  if (asked.revision === head.revision && (asked.epoch === null || asked.epoch === head.epoch)) return;
  const orgRevision = formatOrgRevision(head);
  throw new OrgError('revision-conflict', `The organization moved on: it is at revision ${head.revision}.`, {
    body: { detail: `The organization moved on: it is at revision ${head.revision}.`, orgRevision },
  });
}

function parseBareRevision(text: string): { epoch: null; revision: number } | null {
  const match = /^"?([0-9]{1,16})"?$/.exec(text.trim());
  return match ? { epoch: null, revision: Number(match[1]) } : null;
}
