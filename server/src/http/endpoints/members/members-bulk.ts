import { OrgError, orgRoleIds, type Scope } from '@rollcall/protocol';
import { membersChangedShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { forbidden } from '../../../domain/authorize.ts';
import { invalidFields } from '../../../domain/field-errors.ts';
import { ownerKeyOf, usedCredentialOf } from '../../../identity/caller.ts';
import { authorizeReader } from '../../../read-path/queries/authorized-reader.ts';
import { hasEnded } from '../../../read-path/queries/identity/credential-ended.ts';
import { readOrgRevision } from '../../../read-path/queries/organizations/org-revision.ts';
import { fieldLimits } from '../../../runtime/limits/rows/fields.ts';
import { transferLimits } from '../../../runtime/limits/rows/transfers.ts';
import type { IdempotencyKey } from '../../../write-path/idempotency.ts';
import { choiceField, idsField, parseBody, stringField } from '../../requests/fields.ts';
import { credentialsMissing } from '../../requests/parsed-request.ts';
import { replyOfError } from '../../responses/send-reply.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import type { Services } from '../../services.ts';
import { teamMemberRoutes } from '../teams/team-members.ts';
import { memberRoutes } from './members.ts';

/** The route that performs a row's action for a single member. */
interface RowRoute {
  readonly route: Route;
  /** The field that the action requires besides the members. */
  readonly needs: 'orgRole' | 'team' | null;
}

const memberPath = '/organizations/:org/members/:member/';
const placePath = '/organizations/:org/members/:member/teams/:team/';

const actions = {
  'set-role': { route: routeOf(memberRoutes, 'PUT', memberPath), needs: 'orgRole' },
  remove: { route: routeOf(memberRoutes, 'DELETE', memberPath), needs: null },
  'add-to-team': { route: routeOf(teamMemberRoutes, 'POST', placePath), needs: 'team' },
  'remove-from-team': { route: routeOf(teamMemberRoutes, 'DELETE', placePath), needs: 'team' },
} as const satisfies Readonly<Record<string, RowRoute>>;
type Action = keyof typeof actions;
const actionNames = Object.keys(actions) as Action[];

const bulkSchema = z.object({
  action: choiceField(actionNames).describe('The change to make to each member.'),
  members: idsField(fieldLimits.bulkRows.value).describe('Ids of the members.'),
  orgRole: choiceField(orgRoleIds).optional().describe('The new role, for the action that changes roles.'),
  team: stringField({ max: 255 }).optional().describe('Slug or id of the team, for actions on a team.'),
});

export const memberBulkRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/organizations/:org/members-bulk/',
    bodyBytesMax: transferLimits.memberBodyBytes.value,
    // Each action then requires the scopes of its own route.
    scopes: [...new Set<Scope>(Object.values(actions).flatMap(({ route }) => route.scopes))],
    limit: 'memberRequests',
    metadata: {
      tag: 'Members',
      id: 'changeMembers',
      summary: 'Update or remove up to 100 members',
      description:
        'Runs one command per member, in order. Each command succeeds or fails on its own. `results` has one item per member, with the status and the error that a separate request for that member would return. `set-role` requires `orgRole`; `add-to-team` and `remove-from-team` require `team`. A member that is listed more than once is processed once. If the caller’s credential is revoked during the request, the remaining items have the status 401. A retry with the same `Idempotency-Key` does not repeat commands that succeeded.',
      responses: { 200: membersChangedShape },
      body: bulkSchema,
    },
    handle: changeMembers,
  },
];

/**
 * Performs one action for each member, one after the other. Each is a separate command, which
 * succeeds or is refused independently of the others.
 */
async function changeMembers(request: ApiRequest, services: Services): Promise<Reply> {
  const { action, members, orgRole, team } = parseBody(bulkSchema, request.body);
  const { route, needs }: RowRoute = actions[action];
  const given = { orgRole, team };
  if (needs !== null && given[needs] === undefined) throw invalidFields({ [needs]: ['This field is required.'] });
  if (request.writeContext.ifMatch !== null) throw new OrgError('invalid', 'If-Match is not supported for bulk requests.');
  const held = request.caller.actor.tokenScopes;
  if (held !== null && !route.scopes.some((scope) => held.has(scope))) throw forbidden();
  // A caller who may not perform the action on any member is refused as a whole. The other
  // decisions are made for each row, under the lock.
  await request.inSlot(() => authorizeReader(services.db, request.org.id, request.caller.actor, route.scopes));

  await countRows(request, services, members.length);

  const closed = request.whenClosed();
  const results: object[] = [];
  let headers: Reply['headers'];
  let refused: Reply | null = null;
  for (const id of new Set(members)) {
    // The caller is gone, so the results of the other rows would reach no client.
    if (closed.aborted) break;
    const row = rowOf(request, id, { orgRole, team });
    const reply: Reply =
      refused ??
      (await changeMember(route, row, services).catch((error: unknown) =>
        replyOfError(services.writePath.log, error, { ...route, id: row.writeContext.requestId }),
      ));
    // Without the database, each further row would only wait for its own failure. A caller who was
    // logged out remains so. Both refusals therefore apply to all remaining rows.
    if (reply.status === 503 || reply.status === 401) refused = reply;
    if (reply.status < 400) headers = reply.headers;
    results.push({ id, status: reply.status, error: reply.status < 400 ? null : reply.body });
  }
  headers ??= { 'X-Org-Revision': await request.inSlot(() => readOrgRevision(services.db, request.org.id)) };
  return { status: 200, headers, body: { results } };
}

/**
 * This request lasts longer than the single requests that it replaces, so the caller's credential
 * is checked again for each row.
 */
async function changeMember(route: Route, row: ApiRequest, services: Services): Promise<Reply> {
  const credential = usedCredentialOf(row.caller);
  if (credential && (await row.inSlot(() => hasEnded(services.db, credential)))) throw credentialsMissing();
  return route.handle(row, services);
}

/**
 * Each row counts as a request of its caller. If the limit is lower than the number of rows, the
 * request costs the whole limit, so that it still passes once per window.
 */
async function countRows({ caller }: ApiRequest, { rateLimits }: Services, rows: number): Promise<void> {
  const cost = Math.min(rows, rateLimits.settings.requestsPerCredential);
  rateLimits.assertWithin(await rateLimits.count('requestsPerCredential', `members-bulk:${ownerKeyOf(caller)}`, cost));
}

/** The row's request, in the form of its route. */
function rowOf(
  request: ApiRequest,
  member: string,
  { orgRole, team }: { orgRole: string | undefined; team: string | undefined },
): ApiRequest {
  const { caller, callerIfAny, ipAddress, userAgent, cookie, serverRevision, lastEventId, org, url, writeContext, inSlot } = request;
  return {
    ...{ caller, callerIfAny, ipAddress, userAgent, cookie, serverRevision, lastEventId, org, url, inSlot },
    whenClosed: () => request.whenClosed(),
    params: { org: org.slug, member, ...(team !== undefined && { team }) },
    query: new URLSearchParams(),
    body: orgRole === undefined ? {} : { orgRole },
    writeContext: { ...writeContext, idempotencyKey: keyOfRow(writeContext.idempotencyKey, member) },
  };
}

/**
 * Each row has its own idempotency key. A repeated request then only performs the actions that have
 * not succeeded yet.
 */
function keyOfRow(idempotencyKey: IdempotencyKey | null, member: string): IdempotencyKey | null {
  return idempotencyKey && { ...idempotencyKey, key: `${idempotencyKey.key} ${member}` };
}

function routeOf(routes: readonly Route[], method: Route['method'], path: string): Route {
  const found = routes.find((route) => route.method === method && route.path === path);
  if (!found || found.needsRecentLogin || found.callers) throw new Error(`${method} ${path} cannot be a row of a bulk request.`);
  return found;
}
