import assert from 'node:assert/strict';
import { eventually } from './eventually.ts';

interface Endpoint {
  readonly ip4?: string;
  readonly ip6?: string;
  readonly port: number;
}

interface Handle {
  readonly type: string;
  readonly is_active: boolean;
  readonly is_referenced: boolean;
  readonly localEndpoint?: Endpoint | null;
  readonly remoteEndpoint?: Endpoint | null;
  readonly pid?: number;
}

/**
 * The connections, listening sockets and child processes that are still open, one line each. Also
 * those that don’t keep the process running: as it exits, Node closes them, and waits for each
 * handle and each running request.
 *
 * What is known about slow exits of Node 20: a name lookup that is running delays the exit by its
 * timeout, 5 s, without CPU time, and is not in the report. Hundreds of half-closed sockets,
 * clients of Socket.IO that reconnect, HTTP/2 streams, children with full pipes and workers delay
 * it by less than 2 s. What makes Node spin in its clean-up for minutes is not known.
 */
export function openResources(): string[] {
  const { libuv } = process.report.getReport() as { readonly libuv: readonly Handle[] };
  return libuv.flatMap(({ type, is_active, is_referenced, localEndpoint, remoteEndpoint, pid }) => {
    if (!is_active) return [];
    if (type === 'tcp' && remoteEndpoint) return [`connection from ${nameOf(localEndpoint)} to ${nameOf(remoteEndpoint)}`];
    if (type === 'tcp' && localEndpoint) return [`server on ${nameOf(localEndpoint)}`];
    // The process that cleans up after the run is not referenced.
    return type === 'process' && is_referenced ? [`process ${pid}`] : [];
  });
}

function nameOf(endpoint: Endpoint | null | undefined): string {
  return endpoint ? `${endpoint.ip4 ?? endpoint.ip6}:${endpoint.port}` : 'an unknown address';
}

/** Sockets close shortly after the server that they belong to has stopped. */
const closingMsMax = 10_000;

/** Fails with the names of what the tests left open, after all services were stopped. */
export async function assertNothingOpen(): Promise<void> {
  await eventually(() => assert.deepEqual(openResources(), [], 'the tests left these open'), { timeoutMs: closingMsMax, intervalMs: 200 });
}
