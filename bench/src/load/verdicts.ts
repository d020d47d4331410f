import type { Distribution, LoadResults, WindowResult } from './load-results.ts';

export interface Verdict {
  readonly claim: string;
  readonly measured: string;
  readonly isMet: boolean;
  /** Whether it is about the correctness of replicas, and independent of the machine. */
  readonly isRule: boolean;
}

const revokeP99MsMax = 50;
const revokeWithoutRedisP99MsMax = 400;
const burstMsMax = 10_000;
const burstReadsMax = 10;
const slowP99RatioMax = 1.2;
/**
 * The unsent bytes at which a socket is closed (rule R9), plus 256 KiB for each of the other
 * sockets.
 */
const unsentBytesMax = 8 * 2 ** 20;

export function evaluateLoad(results: LoadResults): Verdict[] {
  return [
    ...evaluateConsistency(results),
    ...results.windows.flatMap(evaluateRevoking),
    ...evaluateSlow(results),
    ...evaluateRestart(results),
    ...evaluateReconnectBurst(results),
  ];
}

function evaluateConsistency({ consistency, windows, options }: LoadResults): Verdict[] {
  const gaps = windows.reduce((sum, { counts }) => sum + counts.gaps, 0);
  const ends = windows.reduce((sum, { counts }) => sum + counts.deniedOrRevoked, 0);
  const { replicas, violationCount, violations, stale, written, triedAgain, failed, failures, removals } = consistency;
  return [
    rule(
      `${replicas} clients of the SDK: nothing is lost, reordered or left over, own writes arrive, and ${removals} removed members receive nothing`,
      violationCount === 0 ? 'no rule broken' : `${violationCount} broken: ${violations.slice(0, 3).join('; ')}`,
      violationCount === 0,
    ),
    rule(
      `${number(options.subscribers)} raw subscribers have the records of the database, without a gap or an unexpected end of access`,
      `${stale} stale, ${gaps} gaps, ${ends} unexpected ends`,
      stale + gaps + ends === 0,
    ),
    rule(
      `${number(written)} writes, with idempotent retries`,
      failed === 0 ? `none failed, ${triedAgain} needed more than the SDK's three attempts` : `${failed} failed: ${failures[0]}`,
      failed === 0,
    ),
  ];
}

function evaluateRevoking({ name, revokeToClose }: WindowResult): Verdict[] {
  if (revokeToClose.count === 0) return [];
  const max = name === 'redis-down' ? revokeWithoutRedisP99MsMax : revokeP99MsMax;
  const claim = `${name}: sockets of removed members close within ${max} ms of the response (p99 of ${revokeToClose.count})`;
  return [goal(claim, describe(revokeToClose), revokeToClose.p99Ms < max)];
}

function evaluateSlow({ slowSubscriber, windows }: LoadResults): Verdict[] {
  const window = windows.find(({ name }) => name === 'slow-subscriber');
  if (!slowSubscriber || !window) return [];
  const { bytesPerSecond, p99Ratio, hasRightState, revisionsBehind } = slowSubscriber;
  const { unsentBytesMax: unsent } = window;
  const held =
    unsent > 0 ? `${(unsent / 2 ** 20).toFixed(2)} MiB at most` : 'none, because the run is too short to fill the kernel buffers';
  return [
    rule(
      `A subscriber that reads ${number(bytesPerSecond)} B/s has the right state in the end`,
      `was ${revisionsBehind} revisions behind while it read slowly`,
      hasRightState,
    ),
    rule('The memory held for clients beside it is bounded', held, unsent <= unsentBytesMax),
    goal(
      `The p99 of the other subscribers is at most ${slowP99RatioMax} times that of the calm window`,
      `${p99Ratio.toFixed(2)} times`,
      p99Ratio <= slowP99RatioMax,
    ),
  ];
}

function evaluateRestart({ windows }: LoadResults): Verdict[] {
  const window = windows.find(({ name }) => name === 'rolling-restart');
  if (!window) return [];
  const { losses, resumes, snapshots, resyncs } = window.counts;
  const measured = `${losses} losses, ${resumes} resumed, ${snapshots + resyncs} new snapshots`;
  return [
    rule(
      'Rolling restart: every replica resumes from its cursor, without a new snapshot',
      measured,
      snapshots + resyncs === 0 && resumes > 0,
    ),
  ];
}

function evaluateReconnectBurst({ reconnectBurst, windows }: LoadResults): Verdict[] {
  const window = windows.find(({ name }) => name === 'reconnect-burst');
  if (!reconnectBurst || !window) return [];
  const { subscribers, recoveredMs, snapshotBuilds, snapshotBuildsMax, readsBeyondSweep } = reconnectBurst;
  const reads = Object.values(readsBeyondSweep).reduce((sum, count) => sum + count);
  const kinds = Object.entries(readsBeyondSweep).map(([kind, count]) => `${kind} ${count}`);
  const losses = `${number(window.counts.losses)} lost their instance`;
  const recovered = recoveredMs === null ? 'not all became current' : `${(recoveredMs / 1_000).toFixed(1)} s, ${losses}`;
  return [
    goal(
      `Reconnect burst: all ${number(subscribers)} current within ${burstMsMax / 1_000} s`,
      recovered,
      recoveredMs !== null && recoveredMs <= burstMsMax,
    ),
    rule(
      'Reconnect burst: at most one snapshot built per audience and process',
      `${snapshotBuilds} of ${snapshotBuildsMax}`,
      snapshotBuilds <= snapshotBuildsMax,
    ),
    goal(
      `Reconnect burst: at most ${burstReadsMax} database reads beyond the sweep`,
      `${reads} (${kinds.join(', ')})`,
      reads <= burstReadsMax,
    ),
  ];
}

function describe({ p50Ms, p99Ms, maxMs }: Distribution): string {
  return `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, longest ${maxMs.toFixed(1)} ms`;
}

function number(value: number): string {
  return value.toLocaleString('en');
}

function rule(claim: string, measured: string, isMet: boolean): Verdict {
  return { claim, measured, isMet, isRule: true };
}

function goal(claim: string, measured: string, isMet: boolean): Verdict {
  return { claim, measured, isMet, isRule: false };
}
