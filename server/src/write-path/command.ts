import type { LogChange, OrgError } from '@rollcall/protocol';
import type { Db, Tx } from '../database/database.ts';
import type { Actor } from '../domain/actor.ts';
import type { AuditEvent } from '../domain/audit/audit.ts';
import type { OutgoingMail } from '../mail/enqueue-mail.ts';
import type { DeriveToken } from '../runtime/derived-tokens.ts';
import type { Limits } from '../runtime/limits.ts';

/** What is known besides the input before anything was read. */
export interface LoadContext {
  readonly orgId: string;
  readonly actor: Actor;
}

/** What every command knows besides its input. */
export interface CommandContext extends LoadContext {
  /** The transaction's time: ISO 8601, UTC, microseconds. */
  readonly now: string;
}

/** What saving needs besides. */
export interface SaveContext extends CommandContext {
  readonly deriveToken: DeriveToken;
  readonly limits: Limits;
}

/** What a command does: the records it changes and what its caller wants to know. */
export interface Decision<Result> {
  /** Each record at most once. Empty: nothing changes and no revision is made (rule W3). */
  readonly changes: readonly LogChange[];
  /** What the audit log tells of it. Absent: nothing. With it there is a revision even where no other record changes. */
  readonly audit?: readonly AuditEvent[];
  /** Queued in the same transaction, and sent after the commit. */
  readonly mails?: readonly OutgoingMail[];
  readonly result: Result;
}

/**
 * One kind of write, from its name in the log to the rows it saves. `load` reads under the organization's lock,
 * `decide` is pure: no clock, no randomness, no I/O. Refusals are thrown from either and leave no trace (rule W4).
 * Statements that need nothing of each other's answers are best made together: they then cost one way to PostgreSQL.
 */
export interface Command<Input, Facts, Result> {
  /** As in the log and in the file's name: `change-member-role`. */
  readonly name: string;
  /** The command begins an organization: its head does not exist yet. */
  readonly createsOrganization?: true;
  /** The command ends access, so it goes before the commands that do not (see `write-queue.ts`). */
  readonly endsAccess?: (input: Input) => boolean;
  /**
   * Refuses, before the organization is locked, what `load` would refuse anyway, so that commands about nothing cannot
   * keep the lock busy. What it let pass may be refused under the lock all the same.
   */
  look?(db: Db, input: Input): Promise<void>;
  load(tx: Tx, input: Input, context: LoadContext): Promise<Facts>;
  decide(input: Input, facts: Facts, context: CommandContext): Decision<Result>;
  /** Saves what belongs to the command but to no record, such as the hash of an invite's token, and queues mail. Also runs when nothing changed. */
  persistSideEffects?(tx: Tx, decision: Decision<Result>, context: SaveContext, facts: Facts): Promise<void>;
  /** What a broken unique constraint means here, by the constraint's name. */
  readonly conflicts?: Readonly<Record<string, () => OrgError>>;
}
