import { OrgError } from '@rollcall/protocol';
import type { LocalOn, LocalWho, LocalWhy } from '../local-can.ts';
import type { OrganizationHandle } from '../organization-handle.ts';

/** The part of a handle that decides. */
export type GuardedOrganization = Pick<OrganizationHandle, 'check' | 'ready' | 'whenStale'>;

export type GuardScope = Parameters<OrganizationHandle['can']>[1];

export interface GuardOptions<Request> {
  /** The organization, or the one of a request. */
  readonly org: GuardedOrganization | ((request: Request) => GuardedOrganization);
  /** The user of a request, as the application authenticated them. Null gets the status 401. */
  readonly who: (request: Request) => LocalWho | null | Promise<LocalWho | null>;
  /** The team or project, or that of a request. Absent for the organization itself. */
  readonly on?: LocalOn | ((request: Request) => LocalOn);
  /** Refuses decisions of a stale replica, with the status 503. */
  readonly fresh?: boolean;
}

export type RefusalWhy = LocalWhy | 'unauthenticated';

export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly detail: string; readonly why: RefusalWhy };
}

/** The time for a first replica to arrive, in milliseconds. It is the default of `check`. */
const readyMsMax = 2_000;
/** A client reconnects within two seconds of the end of a short outage. */
const retryAfterSeconds = 2;

const details = {
  401: 'Authentication is required.',
  403: 'You do not have permission to perform this action.',
  404: 'Not found.',
  503: 'Access could not be verified. Try again later.',
} as const;

/** The statuses of refusals. A decision that allows has the first three reasons. */
export const statuses: { readonly [why in RefusalWhy]: keyof typeof details | null } = {
  'org-role': null,
  'team-role': null,
  'token-scopes': null,
  unauthenticated: 401,
  'two-factor-required': 401,
  'sso-required': 401,
  'not-a-member': 403,
  pending: 403,
  'user-inactive': 403,
  'missing-scope': 403,
  'not-on-team': 403,
  'no-organization': 404,
  'no-team': 404,
  'no-project': 404,
  'no-copy': 503,
  unreachable: 503,
  stale: 503,
  'credential-ended': 503,
};

/** The response that refuses a request. Null if the request is allowed. */
export async function refusalOf<Request>(request: Request, scope: GuardScope, options: GuardOptions<Request>): Promise<Refusal | null> {
  const who = await options.who(request);
  if (!who) return refuse('unauthenticated');
  const why = await whyNot(request, who, scope, options);
  return why && refuse(why);
}

async function whyNot<Request>(
  request: Request,
  who: LocalWho,
  scope: GuardScope,
  options: GuardOptions<Request>,
): Promise<RefusalWhy | null> {
  try {
    const org = typeof options.org === 'function' ? options.org(request) : options.org;
    const on = typeof options.on === 'function' ? options.on(request) : options.on;
    let decision = await org.check(who, scope, on);
    if (org.whenStale !== 'ask-server' && decision.why === 'no-copy') {
      await waitForReplica(org);
      decision = await org.check(who, scope, on);
    }
    const { allowed, why, revision, fresh } = decision;
    if (options.fresh && !fresh && revision !== null) return 'stale';
    return allowed ? null : why;
  } catch (error) {
    // An invalid call is a bug of the application.
    if (error instanceof OrgError && error.code !== 'invalid') return whyOf(error);
    throw error;
  }
}

/** If the wait fails, `check` returns the reason. */
async function waitForReplica(org: GuardedOrganization): Promise<void> {
  await org.ready({ signal: AbortSignal.timeout(readyMsMax) }).catch(() => {});
}

/** The reason for an error of a closed client, or of the server that was asked to decide. */
function whyOf({ code }: OrgError): RefusalWhy {
  if (code === 'not-found' || code === 'forbidden') return 'no-organization';
  if (code === 'unauthenticated') return 'credential-ended';
  return code === 'aborted' ? 'no-copy' : 'unreachable';
}

function refuse(why: RefusalWhy): Refusal {
  const status = statuses[why] ?? 403;
  const headers = { 'Cache-Control': 'no-store', ...(status === 503 && { 'Retry-After': String(retryAfterSeconds) }) };
  return { status, headers, body: { detail: details[status], why } };
}
