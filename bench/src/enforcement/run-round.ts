import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { providerPath, putProvider } from '../../../test/support/auth-providers.ts';
import { revisionOf } from '../../../test/support/provision.ts';
import { type ReadReceipt, readReceipt } from '../../../test/support/receipts.ts';
import type { Cluster } from '../load/cluster.ts';
import type { Calls } from '../subscribers/calls.ts';
import type { GroupMethods } from './group-process.ts';
import type { EnforceableOrg } from './make-organization.ts';
import { type MeasuredGroup, measureWindow } from './measure-window.ts';

/**
 * One round: members without a linked identity subscribe, single sign-on becomes required while
 * others receive changes, and becomes optional again.
 */

export interface Run {
  readonly cluster: Cluster;
  readonly made: EnforceableOrg;
  readonly linked: MeasuredGroup;
  readonly unlinked: Calls<GroupMethods>;
}

export interface Round {
  /** The delivery latency of the linked members without a change of access. */
  readonly calmP99Ms: number;
  /** The delivery latency while single sign-on becomes required. */
  readonly p99Ms: number;
  /** The time from the log entry until the last socket was closed. Null if one stayed open. */
  readonly closedMs: number | null;
  readonly receipt: ReadReceipt | null;
  /**
   * Unlinked members who received a frame after their access ended, or did not receive the reason.
   */
  readonly wronglyEnded: number;
  /** Connections of linked members that ended, and gaps in their steps. */
  readonly othersDisturbed: number;
}

/** Short, so that a delay of some 100 ms changes the 99th percentile. */
export const windowMs = 2_000;
/** A close that takes longer counts as lost. This limit is not a performance goal. */
const closeMsMax = 15_000;

export async function runRound(run: Run): Promise<Round> {
  const { cluster, made, unlinked } = run;
  const { urls } = cluster;
  await unlinked.call('connect', { urls, org: made.org.slug, tokens: made.unlinked.map(({ token }) => token) });
  const calm = await measureWindow(run.linked, windowMs, async () => null);
  const enforced = await measureWindow(run.linked, windowMs, () => enforce(run));
  const { revision, receipt } = enforced.result!;
  const ends = await endsOf(unlinked);
  const committedUs = await run.linked.commits.committedUs(revision);
  const closedUs = ends.map((end) => end.closedUs);
  await relax(run);
  return {
    calmP99Ms: calm.p99Ms,
    p99Ms: enforced.p99Ms,
    closedMs: closedUs.includes(null) ? null : (Math.max(...(closedUs as number[])) - committedUs) / 1_000,
    receipt,
    wronglyEnded: ends.filter(({ revokedAt, leaked }) => revokedAt !== revision || leaked > 0).length,
    othersDisturbed: calm.disturbed + enforced.disturbed,
  };
}

async function enforce({ cluster, made: { org } }: Run): Promise<{ readonly revision: number; readonly receipt: ReadReceipt | null }> {
  const put = await cluster.operator(cluster.slots[0]!).request('PUT', providerPath(org), {
    cookie: org.cookie,
    headers: { Prefer: 'wait=10' },
    body: { require_link: true, recovery_members: [org.owner.memberId] },
  });
  if (put.status !== 200) throw new Error(`requiring single sign-on returned ${put.status}: ${JSON.stringify(put.body)}`);
  return { revision: revisionOf(put), receipt: readReceipt(put) };
}

/** Waits until all sockets are closed, or for the maximum time. */
async function endsOf(unlinked: Calls<GroupMethods>) {
  for (const deadline = performance.now() + closeMsMax; ; await sleep(50)) {
    const ends = await unlinked.call('ends');
    if (ends.every(({ closedUs }) => closedUs !== null) || performance.now() > deadline) return ends;
  }
}

/** Deletes the mails of this round, because sending them takes longer than a round. */
async function relax({ cluster, made: { org } }: Run): Promise<void> {
  await putProvider(cluster.operator(cluster.slots[0]!), org, { require_link: false });
  const client = new pg.Client({ connectionString: cluster.databaseUrl });
  await client.connect();
  await client.query('DELETE FROM mail_outbox');
  await client.end();
}
