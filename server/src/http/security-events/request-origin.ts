import { OrgError } from '@rollcall/protocol';
import type { Request } from 'express';
import type { Caller } from '../../identity/caller.ts';
import type { EventCaller, EventOrigin } from '../../runtime/security-events/security-event.ts';
import { eventCallerOf } from '../../write-path/security-events/event-caller.ts';
import { addressOf } from '../requests/caller-address.ts';
import type { ApiRequest } from '../route.ts';

interface Parties {
  readonly caller: EventCaller | null;
  readonly orgId: string | null;
}

const parties = new WeakMap<Request, Parties>();

/** Notes who sends a request, and to which organization, once both are known. */
export function noteParties(request: Request, caller: EventCaller | null, orgId: string | null): void {
  parties.set(request, { caller, orgId });
}

/** The origin of an event of this request. The caller is null if they were not authenticated. */
export function originOf(request: Request): EventOrigin {
  const { caller = null, orgId = null } = parties.get(request) ?? {};
  // A request that is refused before all else has no id.
  const requestId = (request.id as string | undefined) ?? null;
  return { caller, orgId, address: addressOf(request), requestId };
}

/** The same for an endpoint, which acts for the whole server. */
export function originOfCall({ callerIfAny, ipAddress, writeContext }: ApiRequest): EventOrigin {
  return { caller: callerIfAny && requestCallerOf(callerIfAny), orgId: null, address: ipAddress, requestId: writeContext.requestId };
}

/** The caller of a request, with the credential. */
export function requestCallerOf({ actor, credentialId, session, ofTrustedIssuer }: Caller): EventCaller {
  const caller = eventCallerOf(actor);
  if (session) return { ...caller, credential: { kind: 'session', id: credentialId } };
  return { ...caller, credential: ofTrustedIssuer ? { kind: 'jwt', id: null } : { kind: 'token', id: credentialId } };
}

const recorded = new WeakSet<OrgError>();

/** Marks an error whose event the endpoint has recorded, or that has none. */
export function withoutEvent(error: OrgError): OrgError {
  recorded.add(error);
  return error;
}

export function hasEvent(error: unknown): boolean {
  return error instanceof OrgError && !recorded.has(error);
}
