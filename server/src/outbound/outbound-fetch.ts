import type { Outbound, OutboundOwner, OutboundRequest } from './outbound.ts';
import { OutboundError } from './outbound-error.ts';

/** Statuses whose responses have no body, for which `Response` refuses an empty one. */
const bodilessStatuses = new Set([204, 205, 304]);

/**
 * A `fetch` for libraries that accept one. It never follows a redirect. It ignores `signal`,
 * because each call has a time limit.
 * @throws OutboundError, also for a status outside of 200 to 599, which a `Response` can't have
 */
export function outboundFetch(outbound: Outbound, owner: OutboundOwner, bodyBytesMax: number) {
  return async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const result = await outbound.request(request.url, {
      owner,
      method: request.method as NonNullable<OutboundRequest['method']>,
      headers: Object.fromEntries(request.headers),
      body: request.body && new Uint8Array(await request.arrayBuffer()),
      bodyBytesMax,
    });
    if (result.outcome !== 'response') throw new OutboundError(result.outcome);
    const { status, body } = result;
    if (status < 200 || status > 599) throw new OutboundError('http');
    const headers = new Headers();
    for (const [name, value] of Object.entries(result.headers)) {
      for (const one of [value ?? []].flat()) headers.append(name, one);
    }
    return new Response(bodilessStatuses.has(status) ? null : new Uint8Array(body), { status, headers });
  };
}
