import type { Tx } from '../database/database.ts';
import { pipeline } from '../database/transact.ts';
import { operatorNameOf } from '../domain/actor.ts';
import { enqueueJobs } from '../jobs/enqueue-job.ts';
import { enqueueMail } from '../mail/enqueue-mail.ts';
import type { TokenDeriver } from '../runtime/secrets/derived-tokens.ts';
import type { Command, Decision, SaveContext } from './command.ts';
import type { Call } from './command-call.ts';
import type { CommandResponse } from './command-response.ts';
import { refuseOtherRevision } from './if-match.ts';
import { lockHead } from './lock-head.ts';

/**
 * Steps of a command whose statements are sent together, so that they share one round trip to
 * PostgreSQL. It executes them one after the other in the order in which they were sent.
 */

/**
 * Write path 1/5 and 2/5. The queries of `load` are sent after the lock, so they see everything
 * that was committed before the lock was acquired (rule W2). A lock failure or a revision conflict
 * takes precedence over any error from these queries.
 */
export async function lockAndLoad<Input, Facts, Result>(
  tx: Tx,
  command: Command<Input, Facts, Result>,
  call: Call<Input, Result>,
  deriveToken: TokenDeriver,
) {
  const context = { orgId: call.orgId, actor: call.actor, deriveToken };
  const locking = lockHead(tx, call.orgId, call.actor, command.createsOrganization === true);
  const loading = pipeline(command.load(tx, call.input, context));
  const head = await locking;
  if (call.ifMatch) await refuseOtherRevision(tx, head, context, call.ifMatch);
  return { head, facts: await loading };
}

/**
 * Write path 4/5, second half: saves the side effects, queues the mails and enqueues the jobs. The
 * records are saved before, because the side effects may belong to their rows.
 */
export async function saveSideEffects<Input, Facts, Result>(
  tx: Tx,
  command: Command<Input, Facts, Result>,
  { decision, facts, context }: Decided<Facts, Result>,
): Promise<void> {
  const { mails = [], jobs = [] } = decision;
  await Promise.all([command.persistSideEffects?.(tx, decision, context, facts), enqueueMail(tx, mails)]);
  // Last, because the transactions of jobs lock them last, too.
  await enqueueJobs(tx, jobs, operatorNameOf(context.actor));
}

interface Decided<Facts, Result> {
  readonly decision: Decision<Result>;
  readonly facts: Facts;
  readonly context: SaveContext;
}

export interface PendingResponse {
  readonly response: Promise<CommandResponse>;
  /** Resolves when `respond` sends no more queries. */
  readonly queriesSent: Promise<unknown>;
}

/** Calls `respond`, without waiting for its queries. See `Call`. */
export function startResponse<Input, Result>(tx: Tx, call: Call<Input, Result>, result: Result): PendingResponse {
  const started = call.respond(tx, result);
  const response = pipeline(withBody(started));
  return { response, queriesSent: started instanceof Promise ? response : Promise.resolve() };
}

async function withBody(started: CommandResponse | Promise<CommandResponse>): Promise<CommandResponse> {
  const response = await started;
  return response.body instanceof Promise ? { ...response, body: await response.body } : response;
}
