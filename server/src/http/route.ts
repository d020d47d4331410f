import type { OrgError, Scope } from '@rollcall/protocol';
import type { Caller } from '../identity/caller.ts';
import type { Command } from '../write-path/command.ts';
import type { CommandResponse } from '../write-path/command-response.ts';
import type { IdempotencyKey } from '../write-path/idempotency.ts';
import { type Call, runCommand } from '../write-path/run-command.ts';
import type { RouteMetadata } from './openapi/route-metadata.ts';
import type { Services } from './services.ts';

/** One row of the route table: a method on a path, who may call it, and what it does. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/api/0`, with the trailing slash: `/organizations/:org/teams/`. `:org` is resolved before `handle`. */
  readonly path: string;
  /** Who may call: any credential when absent; `anyone` is also whoever has none, `session` only a browser's session. */
  readonly callers?: 'anyone' | 'session';
  /** A session must have proved lately whose it is (REST contract 16, `sudo-required`); tokens need not. */
  readonly needsRecentLogin?: true;
  /** A user's token that is bound to one organization may call it although its path names none: it shows that one only (REST contract 5.4). */
  readonly takesBoundTokens?: true;
  /** A limit of its own, besides those on all requests (REST contract 1.4). */
  readonly limit?: 'memberRequests';
  /** Bytes of its body, where another number than `bodyBytesMax` holds; without a credential too. */
  readonly bodyBytesMax?: number;
  /**
   * Refuses callers whose role lets them send no such body, before a large one is read. The command checks the role again.
   * Required where `bodyBytesMax` is more than usual.
   * @throws OrgError as `handle`
   */
  authorizeLargeBody?(request: BeforeBody, services: Services): Promise<unknown>;
  /** A token must hold one of these, judged before the organization is looked up (REST contract 3.1). Empty asks for none. */
  readonly scopes: readonly Scope[];
  readonly metadata: RouteMetadata;
  handle(request: ApiRequest, services: Services): Promise<Reply>;
}

export interface ApiRequest {
  /** Reading it throws `unauthenticated` when there is none, which only a route for `anyone` sees. */
  readonly caller: Caller;
  /** Null for whoever has no credential. */
  readonly callerIfAny: Caller | null;
  /** Null when the connection is gone. */
  readonly ipAddress: string | null;
  readonly userAgent: string;
  /** The `Cookie` header. */
  readonly cookie: string | undefined;
  /** Set on paths with `:org`. Reading it elsewhere throws. */
  readonly org: ResolvedOrg;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Parsed JSON; an absent body is `{}`. */
  readonly body: unknown;
  /** Path and query as called, for `Link`. */
  readonly url: URL;
  readonly writeContext: WriteContext;
  /** Aborts when the connection closes, so that what nobody waits for is not computed. */
  whenClosed(): AbortSignal;
}

/** What is known of a request before its body is read. */
export type BeforeBody = Pick<ApiRequest, 'org' | 'caller' | 'params'>;

export interface ResolvedOrg {
  readonly id: string;
  readonly slug: string;
}

/** What a write carries besides its input. */
export interface WriteContext {
  readonly requestId: string;
  /** The caller's, as far as the proxies before us are trusted to say it. */
  readonly ipAddress: string | null;
  readonly idempotencyKey: IdempotencyKey | null;
  readonly ifMatch: string | null;
}

export interface Reply extends CommandResponse {
  /** Several values are several headers of the name. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/** Runs a command for a request; the reply says where the organization stands (rule W7). */
export async function write<Input, Facts, Result>(
  services: Services,
  command: Command<Input, Facts, Result>,
  call: Pick<Call<NoInfer<Input>, Result>, 'orgId' | 'actor' | 'input' | 'malformed' | 'respond'> & { readonly writeContext: WriteContext },
): Promise<Reply> {
  const { writeContext, ...rest } = call;
  const { response, orgRevision } = await runCommand(services.writePath, command, { ...rest, ...writeContext });
  return { ...response, headers: { 'X-Org-Revision': orgRevision } };
}

/** The headers of a refusal (REST contract 2, 16). `X-Sentry-Error` carries our code, so that a program need not read prose. */
export function headersOfError(error: OrgError): Record<string, string> {
  const headers: Record<string, string> = { 'X-Sentry-Error': error.code };
  if (error.status === 401) headers['WWW-Authenticate'] = 'xBasic realm="api"';
  if (error.retry === 'later') headers['Retry-After'] = String(error.retryAfterSeconds ?? 1);
  const orgRevision = (error.body as { orgRevision?: unknown } | null)?.orgRevision;
  if (typeof orgRevision === 'string') headers['X-Org-Revision'] = orgRevision;
  return headers;
}
