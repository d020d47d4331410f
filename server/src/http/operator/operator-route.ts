import type { RouteMetadata } from '../openapi/route-metadata.ts';
import type { ApiRequest, Reply } from '../route.ts';
import type { Services } from '../services.ts';

/** One row of the operator API's route table: a method on a path, and its handler. */
export interface OperatorRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/api/operator`, with the trailing slash. `:org` is resolved before `handle`. */
  readonly path: string;
  /** The maximum size of the body in bytes, if it is not `bodyBytesMax`. */
  readonly bodyBytesMax?: number;
  /** The path may name an organization that does not exist, so `handle` resolves `:org` itself. */
  readonly mayCreateOrganization?: true;
  readonly metadata: RouteMetadata;
  handle(request: OperatorRequest, services: Services): Promise<Reply>;
}

/**
 * As for any endpoint, without the caller, who is always the operator. The body of an import is
 * text.
 */
export type OperatorRequest = Omit<ApiRequest, 'caller' | 'callerIfAny' | 'ipAddress' | 'userAgent' | 'cookie'>;

export const operator = { kind: 'operator' } as const;

/** An id without a user: 0 is the server's own stream. It is used if the field was refused. */
export const noUserId = '0';
