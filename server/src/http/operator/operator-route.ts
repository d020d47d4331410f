import type { RouteMetadata } from '../openapi/route-metadata.ts';
import type { ApiRequest, Reply } from '../route.ts';
import type { Services } from '../services.ts';

/** One row of the operator's table: a method on a path and what it does. */
export interface OperatorRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/api/operator`, with the trailing slash. `:org` is resolved before `handle`. */
  readonly path: string;
  /** Bytes of its body, where another number than `bodyBytesMax` holds. */
  readonly bodyBytesMax?: number;
  readonly metadata: RouteMetadata;
  handle(request: OperatorRequest, services: Services): Promise<Reply>;
}

/** As for any endpoint; who asks is known. The body of an import is text. */
export type OperatorRequest = Omit<ApiRequest, 'caller' | 'callerIfAny' | 'ipAddress' | 'userAgent' | 'cookie'>;

export const operator = { kind: 'operator' } as const;
