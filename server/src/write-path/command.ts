import type { LogChange, OrgError, OrgRoleId } from '@rollcall/protocol';
import type { Db, Tx } from '../database/database.ts';
import type { Actor } from '../domain/actor.ts';
import type { AuditEvent } from '../domain/audit/audit.ts';
import type { FieldErrors } from '../domain/field-errors.ts';
import type { InviteMode } from '../domain/invites/invites.ts';
import type { NewJob } from '../jobs/enqueue-job.ts';
import type { OutgoingMail } from '../mail/enqueue-mail.ts';
import type { Limits } from '../runtime/limits/limits.ts';
import type { TokenDeriver } from '../runtime/secrets/derived-tokens.ts';
import type { Reaction } from './reaction.ts';

interface CallContext {
  readonly orgId: string;
  readonly actor: Actor;
}

/** The context of a command before anything is read, besides the input. */
export interface LoadContext extends CallContext {
  readonly deriveToken: TokenDeriver;
}

/** The part of the server's configuration that decisions depend on. */
export interface CommandSettings {
  readonly invites: InviteMode;
  /** The days for which an invite can be accepted. */
  readonly inviteDays: number;
  /** Roles that may not be newly assigned (REST contract 17.20). */
  readonly retiredRoles: ReadonlySet<OrgRoleId>;
  /** The most days that any plan allows. Null: no maximum. */
  readonly retentionDaysMax: number | null;
}

/** The context of `decide`, besides the input and the facts. */
export interface CommandContext extends CallContext, CommandSettings {
  /** The transaction's time: ISO 8601, UTC, microseconds. */
  readonly now: string;
  /** The errors found when the request's body was parsed. */
  readonly malformed: FieldErrors;
  /**
   * Refuses the request if its body could not be parsed, or if any of `found` has an error.
   * `decide` calls it after it has authorized the caller, so that the response contains all errors
   * at once, and only for callers who may write.
   * @throws OrgError `invalid`
   */
  refuseInvalid(...found: readonly FieldErrors[]): void;
}

/** The context of `persistSideEffects`, besides the decision and the facts. */
export interface SaveContext extends CommandContext, LoadContext {
  readonly limits: Limits;
}

/** The changed records, the audit events, the mails and the result for the caller. */
export interface Decision<Result> {
  /** Contains each record at most once. If it is empty, no revision is created (rule W3). */
  readonly changes: readonly LogChange[];
  /** Events for the audit log. An event causes a revision even if no other record changes. */
  readonly audit?: readonly AuditEvent[];
  /** Queued in the same transaction, and sent after the commit. */
  readonly mails?: readonly OutgoingMail[];
  /** Enqueued in the same transaction, and begun after the commit, also if nothing changed. */
  readonly jobs?: readonly NewJob[];
  readonly result: Result;
}

/**
 * One kind of write. `load` reads under the organization's lock. `decide` is pure: no clock, no
 * randomness, no I/O. Either of them refuses the command by throwing, which leaves no trace (rule
 * W4). Queries that don't depend on each other's results should be issued together, because they
 * then share one round trip to PostgreSQL.
 */
export interface Command<Input, Facts, Result> {
  /** As in the log and in the file's name: `change-member-role`. */
  readonly name: string;
  /** The command creates an organization, so the head doesn't exist yet. */
  readonly createsOrganization?: true;
  /** The command ends access. It runs before waiting commands that don't (see `write-queue.ts`). */
  readonly endsAccess?: (input: Input) => boolean;
  /** Rules for all commands that don't apply to this one. */
  readonly exemptFrom?: readonly Reaction[];
  /**
   * Refuses, before the organization is locked, what `load` would refuse anyway, so that such
   * commands don't hold the lock. What it accepts may still be refused under the lock.
   */
  precheck?(db: Db, input: Input): Promise<void>;
  load(tx: Tx, input: Input, context: LoadContext): Promise<Facts>;
  decide(input: Input, facts: Facts, context: CommandContext): Decision<Result>;
  /**
   * Saves what is not part of a record, such as the hash of an invite's token. Also runs if nothing
   * changed.
   */
  persistSideEffects?(tx: Tx, decision: Decision<Result>, context: SaveContext, facts: Facts): Promise<void>;
  /** The error for a violated unique constraint, by the constraint's name. */
  readonly conflicts?: Readonly<Record<string, () => OrgError>>;
}
