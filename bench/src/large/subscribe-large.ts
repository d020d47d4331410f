import { monitorEventLoopDelay } from 'node:perf_hooks';
import { connect } from '../../../client-sdk/src/index.ts';
import { readUsageOf } from '../measure/process-usage.ts';
import type { LargeOrganization } from './large-organization.ts';

export interface LargeSubscription {
  /** The time from the call of `organization()` on a connected client. */
  readonly firstPartMs: number;
  readonly wholeMs: number;
  readonly records: number;
  readonly parts: number;
  readonly server: LoopDelay & { readonly rssMiB: number };
  readonly client: LoopDelay & { readonly heapMiB: number };
  /** Whether the replica contains a role that was changed between the first part and the last. */
  readonly hasRoleChange: boolean;
}

interface LoopDelay {
  readonly p99Ms: number;
  readonly maxMs: number;
}

const resolutionMs = 10;
const wholeMsMax = 60_000;

/**
 * Subscribes to an organization with the client in this process, and changes a member's role while
 * the snapshot arrives.
 */
export async function subscribeToLarge(
  { url, pid }: { readonly url: string; readonly pid: number },
  operatorToken: string,
  org: LargeOrganization,
  orgRole: string,
): Promise<LargeSubscription> {
  using client = connect({ url, token: org.token });
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  await readServerDelay(url, operatorToken);
  delay.enable();
  const startedAt = performance.now();
  const handle = client.organization(org.slug);
  let parts = 0;
  let firstPartMs = 0;
  let changing: Promise<string | null> = Promise.resolve(null);
  handle.on('status', ({ after: { loading } }) => {
    if (!loading) return;
    parts = loading.parts;
    if (firstPartMs > 0) return;
    firstPartMs = performance.now() - startedAt;
    changing = handle.updateMember(org.memberId, { orgRole: orgRole as 'member' }).then(({ revision }) => revision);
  });
  await handle.ready({ signal: AbortSignal.timeout(wholeMsMax) });
  const wholeMs = performance.now() - startedAt;
  delay.disable();
  const server = await readServerDelay(url, operatorToken);
  await handle.waitFor(await changing, { signal: AbortSignal.timeout(wholeMsMax) });
  const { state } = handle;
  const { rssBytes } = await readUsageOf([pid]);
  return {
    firstPartMs,
    wholeMs,
    records: 1 + state.members.length + state.teams.length + state.teamMembers.length,
    parts,
    server: { ...server, rssMiB: rssBytes / 2 ** 20 },
    client: { p99Ms: lateMs(delay.percentile(99)), maxMs: lateMs(delay.max), heapMiB: process.memoryUsage().heapUsed / 2 ** 20 },
    hasRoleChange: state.members.find(({ id }) => id === org.memberId)?.orgRole === orgRole,
  };
}

/** The histogram contains the nanoseconds between two ticks, including the resolution. */
function lateMs(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - resolutionMs);
}

/** The delay since the last reading, as the server measured it. */
async function readServerDelay(url: string, operatorToken: string): Promise<LoopDelay> {
  const text = await (await fetch(`${url}/metrics`, { headers: { Authorization: `Bearer ${operatorToken}` } })).text();
  const read = (percentile: number) => {
    const match = new RegExp(`^rollcall_event_loop_delay_seconds\\{percentile="${percentile}"\\} (\\S+)$`, 'm').exec(text);
    return Number(match![1]) * 1_000;
  };
  return { p99Ms: read(99), maxMs: read(100) };
}
