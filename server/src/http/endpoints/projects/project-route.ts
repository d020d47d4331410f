import type { ProjectRecord, Scope } from '@rollcall/protocol';
import { movedProjectShape } from '@rollcall/protocol/rest/shapes';
import { type AuthorizedReader, authorizeReader, findProjectFor } from '../../../read-path/queries/authorized-reader.ts';
import type { RouteMetadata } from '../../openapi/route-metadata.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import type { Services } from '../../services.ts';

type HandleProject = (request: ApiRequest, services: Services, project: ProjectRecord, reader: AuthorizedReader) => Promise<Reply>;

/**
 * Builds a route below `/projects/:org/:project/`. It finds the project, and redirects an earlier
 * slug to the current one for callers with access (REST contract 9.4). A write checks everything
 * again under the lock.
 */
export function projectRoute(
  method: Route['method'],
  path: string,
  scopes: readonly Scope[],
  metadata: RouteMetadata,
  handle: HandleProject,
): Route {
  return {
    method,
    path: `/projects/:org/:project/${path}`,
    scopes,
    metadata: { ...metadata, responses: { ...metadata.responses, 302: movedProjectShape } },
    async handle(request, services) {
      const { org, caller, params, url, inSlot } = request;
      const { reader, project, isMoved } = await inSlot(async () => {
        const found = await authorizeReader(services.db, org.id, caller.actor);
        return { reader: found, ...(await findProjectFor(services.db, found, params.project!, scopes)) };
      });
      return isMoved ? redirectTo(project.slug, url) : handle(request, services, project, reader);
    },
  };
}

/**
 * Changes only the project's segment, the third after `/api/0`: `/api/0/projects/<org>/<project>/`.
 */
function redirectTo(slug: string, url: URL): Reply {
  const segments = url.pathname.split('/');
  segments[5] = slug;
  const target = `${segments.join('/')}${url.search}`;
  return { status: 302, body: { slug, detail: { extra: { url: target, slug } } }, headers: { Location: target } };
}
