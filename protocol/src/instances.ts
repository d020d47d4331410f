import * as z from 'zod/mini';

/**
 * The measurements that each server process publishes periodically to the other processes. The
 * operator reads them from any process.
 */

const count = z.int().check(z.minimum(0));
const milliseconds = z.number().check(z.minimum(0));
const timingSchema = z.object({ p50: milliseconds, p99: milliseconds });
/** Null if nothing was timed. */
export type Timing = z.infer<typeof timingSchema>;

/** Rates, timings and counts belong to the interval that ends with the sample. */
export const instanceSampleSchema = z.object({
  /** Milliseconds since 1970, by this instance's clock. */
  at: count,
  intervalMs: count,
  sockets: count,
  subscriptions: count,
  /** Frames written to sockets. */
  deliveriesPerSecond: z.number().check(z.minimum(0)),
  /**
   * The time from the arrival of a revision in the process until the frame of its last subscriber
   * was written. The process's own revisions arrive right after the commit.
   */
  deliveryMs: z.nullable(timingSchema),
  /** The time from the notice that access ended until the socket was closed. */
  endToCloseMs: z.nullable(timingSchema),
  loopDelayMs: timingSchema,
  /** Snapshots that were sent again, by reason. */
  resyncs: z.record(z.string(), count),
  /** Organizations in which the sweep found a revision without a notice. */
  gaps: count,
  /** Replicas that are older than their lease now, as reported by their clients. */
  staleReplicas: count,
  bus: z.enum(['memory', 'redis', 'redis-down']),
  /** Database connections, and callers that wait for one. */
  pool: z.object({ total: count, idle: count, waiting: count }),
});
export type InstanceSample = z.infer<typeof instanceSampleSchema>;

export const instanceIdentitySchema = z.object({
  /** The id of the process. A restart changes it. */
  id: z.string(),
  /** INSTANCE_ID. */
  name: z.string(),
  version: z.string(),
  /** ISO 8601. */
  startedAt: z.string(),
});
export type InstanceIdentity = z.infer<typeof instanceIdentitySchema>;

/**
 * An instance's report for its operator: the samples of itself and of the instances from which it
 * receives samples, oldest first.
 */
export const instanceReportSchema = z.object({
  /** The id of the instance that created the report. */
  answeredBy: z.string(),
  instances: z.array(z.extend(instanceIdentitySchema, { samples: z.array(instanceSampleSchema) })),
});
export type InstanceReport = z.infer<typeof instanceReportSchema>;
