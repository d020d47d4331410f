import type { OperatorScope } from '@rollcall/protocol';
import type { OperatorCaller } from '../../domain/operator.ts';
import type { RouteMetadata } from '../openapi/route-metadata.ts';
import type { ApiRequest, Reply } from '../route.ts';
import type { Services } from '../services.ts';

/** The places among the operator routes of the core at which features add theirs. */
export type OperatorPlace = 'archives' | 'security' | 'plans' | 'jobs' | 'imports';

/** One row of the operator API's route table: a method on a path, and its handler. */
export interface OperatorRoute<AllServices extends Services = Services> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/api/operator`, with the trailing slash. `:org` is resolved before `handle`. */
  readonly path: string;
  /**
   * The scope that the operator's token must have. `metrics:read` shows numbers and the health of
   * instances, `operator:read` everything else that a request only reads. `operator:provision` is
   * for what follows another system every day: users, organizations and members. What destroys,
   * restores, gives or ends credentials, weakens security or starts jobs needs `operator:admin`.
   */
  readonly scope: OperatorScope;
  /** The maximum size of the body in bytes, if it is not that of other bodies. */
  readonly bodyBytesMax?: number;
  /** The path may name an organization that does not exist, so `handle` resolves `:org` itself. */
  readonly mayCreateOrganization?: true;
  readonly metadata: RouteMetadata;
  readonly handle: (request: OperatorRequest, services: AllServices) => Promise<Reply>;
}

/**
 * As for any endpoint, with the operator in place of the caller. The body of an import is
 * text.
 */
export type OperatorRequest = Omit<ApiRequest, 'caller' | 'callerIfAny' | 'ipAddress' | 'userAgent' | 'cookie'> & {
  /** The operator, also as the actor of commands. */
  readonly operator: OperatorCaller;
};

/** An id without a user: 0 is the server's own stream. It is used if the field was refused. */
export const noUserId = '0';
