import type { Tx } from '../database/database.ts';
import type { Actor } from '../domain/actor.ts';
import type { FieldErrors } from '../domain/field-errors.ts';
import type { CommandResponse } from './command-response.ts';
import type { IdempotencyKey } from './idempotency.ts';

/** The arguments of one call of a command. */
export interface Call<Input, Result> {
  readonly orgId: string;
  readonly actor: Actor;
  readonly input: Input;
  /** The errors found when the request's body was parsed. The command reports them with its own. */
  readonly malformed?: FieldErrors;
  readonly requestId: string | null;
  /** Where the request came from, for the audit log. Absent for a call without a request. */
  readonly ipAddress?: string | null;
  readonly idempotencyKey?: IdempotencyKey | null;
  /** An `If-Match` header: `<epoch>.<revision>`, a bare revision, or `*`. */
  readonly ifMatch?: string | null;
  /**
   * Builds the response inside the transaction, so that it shows the state at this revision and can
   * be stored for a retry. If all queries can be sent at once, `respond` returns the response with
   * a promise as its `body`, and COMMIT is sent right after the queries. If a query depends on the
   * result of another, `respond` is async, and COMMIT waits for it.
   */
  respond(tx: Tx, result: Result): CommandResponse | Promise<CommandResponse>;
}
