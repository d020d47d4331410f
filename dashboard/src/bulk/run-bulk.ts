import { type Applied, type OrganizationHandle, OrgError } from '@rollcall/client';
import type { Outcome } from '@rollcall/react/parts';
import { explain, friendlyText } from '../live/explain.ts';
import type { Batch, BulkJob } from './bulk-job.ts';
import { type BulkAction, changed, unchanged } from './bulk-task.ts';
import { receiptMsMax } from './describe-ended.ts';

export interface BulkListener {
  /** Called before a request, with the ids of its members. */
  sending(ids: readonly string[]): void;
  /** The batch is finished. */
  finished(sent: Sent): void;
  /** The server or the network is not available. The batch is sent again after `ms`. */
  waiting(problem: string, ms: number): void;
}

/** Why a run ended before its last batch. */
export interface BulkEnd {
  readonly problem: string | null;
  /** The session has ended, or the user has no access any more. */
  readonly isLost: boolean;
}

const backoffMsMax = 30_000;
/** A wait for a rate limit without a `Retry-After`. */
const rateLimitMs = 5_000;

/**
 * Sends the batches of a job that aren't finished, one after the other, until all are or `signal`
 * is aborted. A batch that the server can't execute now is sent again with the same key, for as
 * long as it takes. Any other refusal of a whole batch ends the run.
 */
export async function runBulk(org: OrganizationHandle, job: BulkJob, listener: BulkListener, signal: AbortSignal): Promise<BulkEnd> {
  let attempts = 0;
  for (let index = job.finished; index < job.batches.length && !signal.aborted; ) {
    const batch = job.batches[index]!;
    listener.sending(batch.members);
    try {
      listener.finished(await send(org, batch));
      index += 1;
      attempts = 0;
    } catch (error) {
      if (!(error instanceof OrgError)) throw error;
      const ms = delayMsOf(error, attempts++);
      if (ms === null) return endOf(error);
      listener.waiting(problemOf(error), ms);
      await waitFor(ms, signal);
    }
  }
  return { problem: null, isLost: false };
}

/** The result of a batch. */
export interface Sent {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly applied: Applied | null;
  readonly revision: string | null;
}

async function send(org: OrganizationHandle, { action, members, key }: Batch): Promise<Sent> {
  if (action.action === 'set-team-role') {
    const [member = ''] = members;
    const { applied, revision } = await org.changeTeamRole(action.team, member, action.teamRole, { idempotencyKey: key });
    return { outcomes: new Map([[member, changed]]), applied, revision };
  }
  const options = { idempotencyKey: key, ...(action.action === 'remove' && { wait: receiptMsMax }) };
  const { data, applied, revision } = await org.changeMembers(members, action, options);
  for (const { status, error } of data.results) {
    // The server ends a request early, and the remaining members have these.
    if (status === 401) throw new OrgError('unauthenticated', textIn(error) ?? 'The session has ended.');
    if (status === 503) throw new OrgError('unavailable', textIn(error) ?? 'The server is temporarily unavailable.');
  }
  return { outcomes: new Map(data.results.map(({ id, status, error }) => [id, outcomeOf(action, status, error)])), applied, revision };
}

/** The time until the batch is sent again. Null if that can't help. */
function delayMsOf({ code, retryAfterSeconds }: OrgError, attempts: number): number | null {
  const requestedMs = retryAfterSeconds === null || retryAfterSeconds === undefined ? null : retryAfterSeconds * 1_000;
  if (code === 'rate-limited') return requestedMs ?? rateLimitMs;
  if (code === 'unavailable' || code === 'unreachable' || code === 'revision-conflict')
    return requestedMs ?? Math.min(backoffMsMax, 1_000 * 2 ** attempts);
  return null;
}

function problemOf(error: OrgError): string {
  if (error.code === 'rate-limited') return 'Too many requests. Waiting as long as the server asks.';
  if (error.code === 'unreachable') return 'Couldn’t reach the server. Trying again.';
  if (error.code === 'unavailable') return 'The server is temporarily unavailable. Trying again.';
  return 'The organization changed. Trying again.';
}

function endOf(error: OrgError): BulkEnd {
  if (error.code === 'unauthenticated') return { problem: 'Your session has ended. Log in again to continue.', isLost: false };
  return { problem: explain(error), isLost: error.code === 'not-found' };
}

/** Waits, but not after the network is back. */
function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      removeEventListener('online', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
    addEventListener('online', end);
  });
}

function outcomeOf({ action }: BulkAction, status: number, error: unknown): Outcome {
  if (status === 202) return { kind: 'done', reason: 'Approval requested' };
  if (status === 204 && action === 'add-to-team') return unchanged;
  if (status < 400) return changed;
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
