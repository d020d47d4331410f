import type { LookupAddress } from 'node:dns';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent } from 'undici';
import { outboundLimits } from '../runtime/limits/rows/outbound.ts';
import type { Counters } from '../runtime/metrics/counters.ts';
import { unlessAborted } from '../runtime/tasks/unless-aborted.ts';
import { DestinationPolicy, type DestinationPolicyOptions, type RefusalReason } from './destination-policy.ts';
import { guardedConnector, isConnectTimeout } from './guarded-connector.ts';
import { nameResolver } from './name-resolver.ts';
import { OutboundError, type OutboundFailure } from './outbound-error.ts';
import type { OutboundOwner } from './outbound-owner.ts';
import { OwnedAgents } from './owned-agents.ts';

export type { OutboundOwner };

/**
 * The time for which an idle connection stays open, for the next call of one login or of a series
 * of webhooks.
 */
const keepAliveMs = 10_000;

export interface OutboundOptions extends DestinationPolicyOptions {
  readonly counters: Counters;
  /** @internal For tests. */
  readonly limits?: Partial<Record<'connectMsMax' | 'wholeMsMax', number>>;
  /** @internal For tests: certificates to trust. */
  readonly ca?: string;
  /** @internal For tests. */
  resolve?(name: string): Promise<readonly LookupAddress[]>;
}

export interface OutboundRequest {
  readonly owner: OutboundOwner;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | null;
  /** The maximum size of the response's body. */
  readonly bodyBytesMax?: number;
  /** Ends the call, with the outcome `timeout`. */
  readonly signal?: AbortSignal;
}

/** A response of any status. Redirects are not followed. */
export interface OutboundResponse {
  readonly outcome: 'response';
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly ms: number;
}

export type OutboundResult = OutboundResponse | { readonly outcome: OutboundFailure; readonly ms: number };

/**
 * The only client for servers whose address an organization chose, such as its identity provider.
 * It reaches no server inside the operator's network, unless OUTBOUND_ALLOWED has it. It follows no
 * redirects, uses no proxy of the environment, accepts no compressed response and keeps no cookies.
 */
export class Outbound {
  readonly #policy: DestinationPolicy;
  readonly #counters: Counters;
  readonly #wholeMsMax: number;
  readonly #agents: OwnedAgents;

  constructor({ counters, limits, ca, resolve, ...policy }: OutboundOptions) {
    const { connectMsMax = outboundLimits.connectMs.value, wholeMsMax = outboundLimits.wholeMs.value } = limits ?? {};
    this.#policy = new DestinationPolicy(policy);
    this.#counters = counters;
    this.#wholeMsMax = wholeMsMax;
    const refuseAddress: DestinationPolicy['refuseAddress'] = (destination, address) =>
      this.#count(this.#policy.refuseAddress(destination, address));
    const connect = guardedConnector({
      connectMsMax,
      ca,
      resolve: resolve ?? nameResolver({ allowedNames: policy.allowed.names }),
      refuseAddress,
    });
    const connections = outboundLimits.connections.value;
    const keepAlive = { keepAliveTimeout: keepAliveMs, keepAliveMaxTimeout: keepAliveMs };
    this.#agents = new OwnedAgents(() => new Agent({ connect, connections, ...keepAlive }), keepAliveMs);
  }

  /**
   * Returns why a URL will always be refused, or null. The addresses of a name are evaluated at
   * each connection only.
   */
  refuseUrl(url: string): RefusalReason | null {
    return URL.canParse(url) ? this.#policy.refuseUrl(new URL(url)) : 'url';
  }

  /** Returns why a URL that is stored now, and called later, will always be refused, or null. */
  refuseStoredUrl(url: string): RefusalReason | null {
    return URL.canParse(url) ? this.#policy.refuseStoredUrl(new URL(url)) : 'url';
  }

  allowsWithoutTls(url: URL): boolean {
    return this.#policy.allowsWithoutTls(url);
  }

  /** Never rejects. */
  async request(url: string, options: OutboundRequest): Promise<OutboundResult> {
    const startedAt = performance.now();
    const msSince = () => Math.round(performance.now() - startedAt);
    if (this.#count(this.refuseUrl(url)) !== null) return { outcome: 'refused-address', ms: msSince() };
    const deadline = new AbortController();
    const end = () => deadline.abort(new OutboundError('timeout'));
    const timer = setTimeout(end, this.#wholeMsMax);
    options.signal?.addEventListener('abort', end);
    try {
      if (options.signal?.aborted) throw new OutboundError('timeout');
      // undici ignores the abortion of a request that waits for a connection until it has one.
      const send = (agent: Agent) => this.#send(agent, new URL(url), options, deadline);
      const sent = await this.#agents.run(options.owner, (agent) => unlessAborted(deadline.signal, send(agent)));
      return { outcome: 'response', ...sent, ms: msSince() };
    } catch (error) {
      return { outcome: failureOf(error), ms: msSince() };
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', end);
    }
  }

  /** Ends all calls in progress. */
  async close(): Promise<void> {
    await this.#agents.destroy();
  }

  async #send(
    agent: Agent,
    { origin, pathname, search }: URL,
    { method = 'GET', headers, body = null, bodyBytesMax = outboundLimits.bodyBytes.value }: Omit<OutboundRequest, 'owner'>,
    deadline: AbortController,
  ): Promise<Pick<OutboundResponse, 'status' | 'headers' | 'body'>> {
    let interimResponses = 0;
    const response = await agent.request({
      origin,
      path: `${pathname}${search}`,
      method,
      headers: { ...headers, 'accept-encoding': 'identity' },
      body,
      signal: deadline.signal,
      onInfo() {
        if (++interimResponses > outboundLimits.interimResponses.value) deadline.abort(new OutboundError('too-large'));
      },
    });
    /** Closes the connection, unless the whole response has already arrived. */
    const giveUp = (outcome: OutboundFailure): never => {
      const error = new OutboundError(outcome);
      deadline.abort(error);
      throw error;
    };
    if (!isIdentity(response.headers['content-encoding'])) giveUp('http');
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of response.body) {
      bytes += chunk.length;
      if (bytes > bodyBytesMax) giveUp('too-large');
      chunks.push(chunk);
    }
    return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
  }

  #count(reason: RefusalReason | null): RefusalReason | null {
    if (reason !== null) this.#counters.increment('outboundRefused', 1, reason);
    return reason;
  }
}

function isIdentity(encoding: string | string[] | undefined): boolean {
  return encoding === undefined || encoding === 'identity';
}

function failureOf(error: unknown): OutboundFailure {
  if (error instanceof OutboundError) return error.outcome;
  if (isConnectTimeout(error)) return 'timeout';
  return (error as NodeJS.ErrnoException).code === 'UND_ERR_HEADERS_OVERFLOW' ? 'too-large' : 'http';
}
