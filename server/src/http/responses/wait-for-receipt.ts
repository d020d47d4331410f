import { OrgError } from '@rollcall/protocol';
import type { Request, Response } from 'express';
import type { Receipt } from '../../receipts/receipts.ts';
import { transferLimits } from '../../runtime/limits/rows/transfers.ts';
import { whileCounted } from '../limits/while-counted.ts';
import { isCommand } from '../openapi/described-route.ts';
import { readPreference } from '../requests/prefer.ts';
import { WantedReceipt } from '../requests/wanted-receipt.ts';
import type { Reply, Route } from '../route.ts';
import type { Services } from '../services.ts';

/**
 * The receipt that the request asks for, if its route runs a command.
 * @param owner null for a caller without a credential, who gets no receipts
 * @throws OrgError `invalid` if `wait` is not a number of seconds within the limit
 */
export function readWantedReceipt(
  route: Pick<Route, 'method' | 'path' | 'metadata'>,
  request: Request,
  owner: string | null,
): WantedReceipt | null {
  const wait = readPreference(request.get('Prefer'), 'wait');
  if (wait === null || owner === null || !isCommand(route)) return null;
  const seconds = /^\d{1,9}(\.\d{1,9})?$/.test(wait) ? Number(wait) : Number.NaN;
  if (!(seconds > 0 && seconds <= transferLimits.receiptSeconds.value))
    throw new OrgError(
      'invalid',
      `The preference "wait" must be a number of seconds above 0 and at most ${transferLimits.receiptSeconds.value}.`,
    );
  return new WantedReceipt(seconds * 1_000, owner);
}

/** A reply that may have to wait. It doesn't hold the request's body, which may have megabytes. */
export interface ReplyWithReceipt {
  readonly reply: Reply;
  readonly wanted: WantedReceipt | null;
}

/**
 * Waits for the receipt of the request's revisions, if it made any, and adds it to the reply. Until
 * then, the bytes of the reply count towards the caller's limit of buffered bytes. If the caller
 * exceeds it, the wait ends early.
 */
export async function withReceipt(
  { reply, wanted }: ReplyWithReceipt,
  response: Response,
  { receipts, buffered }: Pick<Services, 'receipts' | 'buffered'>,
): Promise<Reply> {
  if (!wanted || reply.status >= 400 || wanted.ranges.length === 0) return reply;
  const { ranges, waitMs, owner } = wanted;
  const bytes = JSON.stringify(reply.body)?.length ?? 0;
  const receipt = await whileCounted(response, buffered, bytes, (signal) => receipts.wait({ ranges, waitMs, owner, signal }));
  const headers = receipt
    ? { 'Preference-Applied': 'wait', 'Rollcall-Applied': textOf(receipt) }
    : // Too many requests are waiting. The write is committed and is not refused for that.
      { 'Rollcall-Applied': textOf({ isComplete: false, instances: 0, missing: 1, ended: 0, ms: 0 }) };
  return { ...reply, headers: { ...reply.headers, ...headers } };
}

function textOf({ isComplete, instances, missing, ended, ms }: Receipt): string {
  const reported = isComplete ? `complete; instances=${instances}` : `partial; instances=${instances}; missing=${missing}`;
  return `${reported}; ended=${ended}; ms=${ms}`;
}
