import type { OrgError, Scope } from '@rollcall/protocol';
import type { Response } from 'express';
import type { Caller } from '../identity/caller.ts';
import type { NamedOrganization } from '../identity/identity.ts';
import { RefusedTokenError } from '../identity/identity.ts';
import type { CommandResponse } from '../write-path/command-response.ts';
import type { IdempotencyKey } from '../write-path/idempotency.ts';
import type { RunLookup } from './limits/caller-reads.ts';
import type { RouteMetadata } from './openapi/route-metadata.ts';
import { OldLoginError } from './requests/recent-login.ts';
import type { WantedReceipt } from './requests/wanted-receipt.ts';
import type { Services } from './services.ts';

/** The places among the routes of the core at which features add theirs, named by what precedes. */
export type RoutePlace = 'organizations' | 'access' | 'members' | 'integrations' | 'tools';

/** One row of the route table: a method on a path, its callers, and its handler. */
export interface Route<AllServices extends Services = Services> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /**
   * Below `/api/0`, with the trailing slash: `/organizations/:org/teams/`. Paths of SCIM have none.
   * `:org` is resolved before `handle`.
   */
  readonly path: string;
  /**
   * The callers. Absent: any credential. `anyone` also allows callers without one, `session` only a
   * browser's session.
   */
  readonly callers?: 'anyone' | 'session';
  /** The text that refuses a token on a route for sessions, if the usual one is too short. */
  readonly tokenRefusal?: string;
  /**
   * A session must be recently authenticated (REST contract 16, `sudo-required`). Tokens need not
   * be.
   */
  readonly needsRecentLogin?: true;
  /** Whether a session may call it that lacks a second factor which the server requires. */
  readonly isForEnrolment?: true;
  /** Whether a user with a second factor must have used it recently too. */
  readonly needsRecentCode?: true;
  /**
   * A session that began with single sign-on may not call it, and neither may a token for one
   * organization (REST contract 13.2).
   */
  readonly needsFullLogin?: true;
  /**
   * A user's token that is bound to one organization may call it although its path names none. The
   * response shows that organization only (REST contract 5.4).
   */
  readonly takesBoundTokens?: true;
  /**
   * A route of SCIM, with its media types. Only such routes accept the token of an identity
   * provider (REST contract 12).
   */
  readonly isScim?: true;
  /**
   * A GET whose handler also waits for events. It takes a slot of `callerReads` only while it
   * reads.
   */
  readonly limitsOwnReads?: true;
  /** A GET whose handler also waits for something else than the database, which may take long. */
  readonly isLong?: true;
  /** A write for anyone that ends access, so it waits for no other requests of its caller. */
  readonly endsAccess?: true;
  /** A limit for this route, besides those for all requests (REST contract 1.4). */
  readonly limit?: 'memberRequests';
  /**
   * The maximum size of the body, if it is not that of other bodies. It also applies without a
   * credential.
   */
  readonly bodyBytesMax?: number;
  /** The maximum number of parts of the body, if it is not that of other bodies. */
  readonly bodyPartsMax?: number;
  /** The maximum bytes of the body besides its longest text, for a body that contains an image. */
  readonly bodyRestBytesMax?: number;
  /**
   * Refuses callers whose role does not allow such a body, before a large one is read. The command
   * checks the role again. Required if `bodyBytesMax` is above the default.
   * @throws OrgError as `handle`
   */
  authorizeLargeBody?(request: BeforeBody, services: Services): Promise<unknown>;
  /**
   * A token must have one of these, which is checked before the organization is looked up (REST
   * contract 3.1). Empty requires none.
   */
  readonly scopes: readonly Scope[];
  readonly metadata: RouteMetadata;
  readonly handle: (request: ApiRequest, services: AllServices) => Promise<Reply>;
}

export interface ApiRequest {
  /**
   * Reading it throws `unauthenticated` without a credential, which is only possible in a route for
   * `anyone`.
   */
  readonly caller: Caller;
  /** Null without a credential. */
  readonly callerIfAny: Caller | null;
  /** Null if the connection is closed. */
  readonly ipAddress: string | null;
  readonly userAgent: string;
  /** The `Cookie` header. */
  readonly cookie: string | undefined;
  /** The revision of the server's own log before the credential was read. */
  readonly serverRevision: number;
  /** The header of a client that reconnects to a stream. */
  readonly lastEventId: string | null;
  /** Set on paths with `:org`. Reading it elsewhere throws. */
  readonly org: NamedOrganization;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Parsed JSON; an absent body is `{}`. */
  readonly body: unknown;
  /** Path and query as called, for `Link`. */
  readonly url: URL;
  readonly writeContext: WriteContext;
  /**
   * Aborts when the connection closes, so that no response is computed for a client that is gone.
   */
  whenClosed(): AbortSignal;
  /**
   * Runs a look-up before a command as one of the caller's reads in progress. Runs it directly if
   * the request is one of these already. It must not run inside a transaction or inside another
   * look-up, because a slot may wait for others.
   * @throws OrgError `rate-limited`
   */
  readonly inSlot: RunLookup;
}

/** The parts of a request that are known before its body is read. */
export type BeforeBody = Pick<ApiRequest, 'org' | 'caller' | 'params'>;

/** The parts of a request that a write needs besides its input. */
export interface WriteContext {
  readonly requestId: string;
  /** The caller's address, as reported by trusted proxies. */
  readonly ipAddress: string | null;
  readonly idempotencyKey: IdempotencyKey | null;
  readonly ifMatch: string | null;
  /** Null unless the response waits for all instances. */
  readonly receipt: WantedReceipt | null;
}

export interface Reply extends CommandResponse {
  /** Sends the body over time, in place of `body`, and ends the response. */
  readonly stream?: (response: Response) => void;
  /** Several values become several headers with that name. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/**
 * The headers of a refusal (REST contract 2, 16). `X-Sentry-Error` contains our code, so that a
 * program need not parse the text.
 */
export function headersOfError(error: OrgError): Record<string, string> {
  const headers: Record<string, string> = { 'X-Sentry-Error': error.code };
  if (error.status === 401) headers['WWW-Authenticate'] = `xBasic realm="api"${bearerChallenge(error)}`;
  if (error.retry === 'later') headers['Retry-After'] = String(error.retryAfterSeconds ?? 1);
  const orgRevision = (error.body as { orgRevision?: unknown } | null)?.orgRevision;
  if (typeof orgRevision === 'string') headers['X-Org-Revision'] = orgRevision;
  return headers;
}

/**
 * The second challenge, which states why a token of another issuer was refused (RFC 6750, 3), or
 * that its login is too old (RFC 9470, 3).
 */
function bearerChallenge(error: OrgError): string {
  if (error instanceof OldLoginError) {
    const description = 'The login of the token is not recent.';
    return `, Bearer realm="api", error="insufficient_user_authentication", error_description="${description}", max_age="${OldLoginError.maxAgeSeconds}"`;
  }
  if (!(error instanceof RefusedTokenError)) return '';
  // The name of the user's claim is a setting, and may contain any characters.
  const reason = error.reason.replaceAll(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '?');
  return `, Bearer realm="api", error="invalid_token", error_description="${reason}"`;
}
