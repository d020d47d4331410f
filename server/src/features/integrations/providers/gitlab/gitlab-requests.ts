import { createRequesterFn, type FormattedResponse, type RequestOptions } from '@gitbeaker/requester-utils';
import * as z from 'zod';
import type { Outbound, OutboundOwner, OutboundRequest, OutboundResponse } from '../../../../outbound/outbound.ts';
import { GitLabError } from './gitlab-errors.ts';

/** A page of 100 groups with long descriptions has some 300 KB. */
const bodyBytesMax = 4 * 1_024 * 1_024;

/** @throws GitLabError for a response of any other status than 2xx */
export async function callGitLab(outbound: Outbound, url: string, request: OutboundRequest): Promise<OutboundResponse> {
  const result = await outbound.request(url, { ...request, bodyBytesMax });
  if (result.outcome !== 'response') throw new GitLabError(null);
  if (result.status >= 200 && result.status < 300) return result;
  const retryAfter = result.headers['retry-after'] ?? null;
  const { data } = z.object({ error: z.string() }).safeParse(jsonOf(result.body));
  throw new GitLabError(result.status, retryAfter, data?.error ?? null);
}

/** @throws GitLabError for a body that isn't JSON */
export function parseBody(body: Buffer): unknown {
  const parsed = jsonOf(body);
  if (parsed === undefined) throw new GitLabError(null);
  return parsed;
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/** The access token of a connection. */
export interface AccessToken {
  /** The owner of the connections that its requests use. */
  readonly owner: OutboundOwner;
  current(): Promise<string>;
  /** Another token, in place of one that GitLab refused. */
  renew(refused: string): Promise<string>;
}

/**
 * Lets GitLab's client send its requests by our client for foreign servers, without redirects, so
 * that a token reaches no other host. The client's own requester would repeat a 429 ten times
 * within a second, and hide its `Retry-After`.
 */
export function requesterOf(outbound: Outbound, token: AccessToken, signal?: AbortSignal) {
  return createRequesterFn(
    async (_service, options) => options,
    async (endpoint, options = {}) => {
      const accessToken = await token.current();
      // The client's own signal is its time limit for a list.
      const signals = [options.signal, signal].filter((one) => one != null) as AbortSignal[];
      const sent = { ...options, signal: AbortSignal.any(signals) };
      try {
        return await send(outbound, token.owner, endpoint, sent, accessToken);
      } catch (error) {
        if (!(error instanceof GitLabError && error.status === 401)) throw error;
        return send(outbound, token.owner, endpoint, sent, await token.renew(accessToken));
      }
    },
  );
}

async function send(
  outbound: Outbound,
  owner: OutboundOwner,
  endpoint: string,
  { prefixUrl, searchParams, method, headers, body, signal }: RequestOptions,
  accessToken: string,
): Promise<FormattedResponse> {
  signal?.throwIfAborted();
  const url = `${prefixUrl!.replace(/\/+$/, '')}/${endpoint}${searchParams ? `?${searchParams}` : ''}`;
  const response = await callGitLab(outbound, url, {
    owner,
    method: method as 'GET',
    headers: { ...headers, authorization: `Bearer ${accessToken}` },
    ...(typeof body === 'string' && { body }),
    ...(signal && { signal }),
  });
  const link = String(response.headers.link ?? '');
  assertWhole(link, response.headers['x-next-page']);
  return {
    status: response.status,
    headers: { link },
    body: response.body.length === 0 ? null : (parseBody(response.body) as Record<string, unknown>),
  };
}

/** The client follows the Link header only, and would treat a page without one as the last. */
function assertWhole(link: string, nextPage: string | string[] | undefined): void {
  if (nextPage !== undefined && nextPage !== '' && !link.includes('rel="next"')) throw new GitLabError(null);
}
