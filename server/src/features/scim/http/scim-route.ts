import type { Scope } from '@rollcall/protocol';
import type { RouteMetadata } from '../../../http/openapi/route-metadata.ts';
import type { ApiRequest, BeforeBody, Reply, Route } from '../../../http/route.ts';
import type { Services } from '../../../http/services.ts';
import { scimLimits } from '../limits.ts';
import { readStateForScim } from '../queries/scim-reader.ts';

const scimBase = '/organizations/:org/scim/v2';
export const memberReadScopes: readonly Scope[] = ['member:read', 'member:write', 'member:admin'];
export const memberWriteScopes: readonly Scope[] = ['member:write', 'member:admin'];
export const teamReadScopes: readonly Scope[] = ['team:read', 'team:write', 'team:admin'];
export const teamWriteScopes: readonly Scope[] = ['team:write', 'team:admin'];

type ScimRoute = Pick<Route, 'method' | 'scopes' | 'handle' | 'bodyPartsMax'> & {
  /** The path below the base, without a slash at its end. */
  readonly path: string;
  readonly metadata: Omit<RouteMetadata, 'tag'>;
  /** Bytes of a body. Default: 512 KiB. */
  readonly bodyBytesMax?: number;
};

/** A route of SCIM (REST contract 12). It records the addresses of accepted requests. */
export function scimRoute({ path, metadata, handle, bodyBytesMax = scimLimits.bodyBytes.value, ...route }: ScimRoute): Route {
  return {
    ...route,
    path: `${scimBase}${path}`,
    isScim: true,
    metadata: { ...metadata, tag: 'SCIM' },
    ...(route.method === 'GET' ? {} : { bodyBytesMax, authorizeLargeBody: (request, { db }) => authorize(request, db) }),
    async handle(request, services) {
      const reply = await handle(request, services);
      const { org, caller } = request;
      services.uses.scim(org.id, caller.actor);
      return reply;
    },
  };

  function authorize({ org, caller }: BeforeBody, db: Services['db']) {
    return readStateForScim(db, org.id, caller.actor, route.scopes);
  }
}

/** The URL of a resource. It has the organization's id, because its slug may change. */
export function scimUrl({ org }: Pick<ApiRequest, 'org'>, { publicUrl }: Services, path: string): string {
  return `${publicUrl}/api/0/organizations/${org.id}/scim/v2${path}`;
}

export const noContent: Reply = { status: 204 };
