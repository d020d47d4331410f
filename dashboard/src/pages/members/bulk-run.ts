import { type Applied, type MemberRecord, type MembersAction, type OrganizationHandle, OrgError } from '@rollcall/client';
import type { Outcome } from '@rollcall/react/parts';
import { explain, friendlyText } from '../../live/explain.ts';
import { receiptMsMax } from './describe-ended.ts';

/** An action on every selected member. */
export interface BulkTask {
  /** Shown while it runs: "Changing role to Admin". */
  readonly doing: string;
  /** Shown after the number of members: "updated", "removed". */
  readonly done: string;
  readonly action: MembersAction;
  readonly members: readonly MemberRecord[];
  /** The reason why a member is left out without a request. */
  whyNot(member: MemberRecord): string | null;
  /** Results by HTTP status, where "Done" would be wrong. */
  readonly meanings?: Readonly<Record<number, string>>;
}

/** The server's limit for one request. */
const rowsMax = 100;

export interface BulkListener {
  /** Called before a request, with the ids of its members. */
  sending(ids: readonly string[]): void;
  /** @param applied the receipt of a removal. Null if there is none. */
  finished(outcomes: ReadonlyMap<string, Outcome>, applied: Applied | null): void;
}

/**
 * Runs a task in requests of up to 100 members, one after the other, until all are done or `signal`
 * is aborted. A request that fails as a whole ends the run, and its members have no outcome.
 * @returns the error that ended the run early, if any
 */
export async function runBulk(
  org: OrganizationHandle,
  task: BulkTask,
  listener: BulkListener,
  signal: AbortSignal,
): Promise<string | null> {
  for (let start = 0; start < task.members.length && !signal.aborted; start += rowsMax) {
    const batch = task.members.slice(start, start + rowsMax);
    const outcomes = new Map<string, Outcome>();
    const ids: string[] = [];
    let receipt: Applied | null = null;
    for (const member of batch) {
      const reason = task.whyNot(member);
      if (reason === null) ids.push(member.id);
      else outcomes.set(member.id, { kind: 'left-out', reason });
    }
    if (ids.length > 0) {
      listener.sending(ids);
      try {
        const options = task.action.action === 'remove' ? { wait: receiptMsMax } : {};
        const { data, applied } = await org.changeMembers(ids, task.action, options);
        receipt = applied;
        for (const { id, status, error } of data.results) outcomes.set(id, outcomeOf(task, status, error));
      } catch (error) {
        return error instanceof OrgError ? explain(error) : String(error);
      }
    }
    listener.finished(outcomes, receipt);
  }
  return null;
}

function outcomeOf({ meanings }: BulkTask, status: number, error: unknown): Outcome {
  if (status < 400) return { kind: 'done', reason: meanings?.[status] ?? 'Done' };
  return { kind: 'refused', reason: friendlyText(textIn(error) ?? `The server returned an error (${status}).`) };
}

/** The text of an error: `{"detail": "…"}`, or the first message about a field. */
function textIn(body: unknown): string | null {
  if (typeof body === 'string') return body;
  if (body === null || typeof body !== 'object') return null;
  for (const value of Object.values(body)) {
    const text = textIn(value);
    if (text !== null) return text;
  }
  return null;
}
