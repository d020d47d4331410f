import { isId } from '@rollcall/protocol';
import type { Request } from 'express';
import type { Recorder } from '../../runtime/security-events/recorder.ts';
import type { EventTarget } from '../../runtime/security-events/security-event.ts';
import type { RouteMetadata } from '../openapi/route-metadata.ts';
import type { Reply } from '../route.ts';
import { type OperationEvent, operationEvents } from './operation-events.ts';
import { originOf } from './request-origin.ts';

/** Records the event of an operation that has succeeded, before its response is sent. */
export function recordOperation(recorder: Recorder, { id }: RouteMetadata, request: Request, reply: Reply): void {
  const described = operationEvents[id];
  if (!described || reply.status >= 400) return;
  const target = targetOf(described.target, request, reply);
  recorder.record({ ...originOf(request), event: described.event, kind: described.kind ?? null, outcome: 'success', target });
}

/** Records an act of the operator: each request that writes. */
export function recordOperatorAct(
  recorder: Recorder,
  { method, metadata }: { readonly method: string; readonly metadata: RouteMetadata },
  request: Request,
  reply: Reply,
): void {
  if (method === 'GET' || reply.status >= 400) return;
  const { user, token, member } = request.params;
  const named = Object.entries({ user, token, member }).find(([, id]) => typeof id === 'string' && isId(id));
  const target = named ? { kind: named[0], id: named[1] as string } : madeBy(metadata, reply);
  recorder.record({ ...originOf(request), event: 'operator.act', kind: metadata.id, outcome: 'success', target });
}

function targetOf(target: OperationEvent['target'], request: Request, reply: Reply): EventTarget | null {
  if (!target) return null;
  const id = target.param === undefined ? idOfBody(reply) : request.params[target.param];
  return typeof id === 'string' && isId(id) ? { kind: target.kind, id } : null;
}

/** The object that the operator has made, such as a user of `createUser`. */
function madeBy({ id: operation }: RouteMetadata, reply: Reply): EventTarget | null {
  const made = /^(?:create|import)(User|Organization|ServiceToken|OperatorToken|Token)/.exec(operation)?.[1];
  const id = idOfBody(reply);
  if (made === undefined || id === null) return null;
  return { kind: made.endsWith('Token') ? 'token' : made.toLowerCase(), id };
}

function idOfBody({ body }: Reply): string | null {
  const id = (body as { readonly id?: unknown } | null | undefined)?.id;
  return typeof id === 'string' && isId(id) ? id : null;
}
