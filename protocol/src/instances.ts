import * as z from 'zod/mini';

/** What each server process measures of itself now and then: for the other processes, and through any of them for the operator. */

const count = z.int().check(z.minimum(0));
const milliseconds = z.number().check(z.minimum(0));
const timingSchema = z.object({ p50: milliseconds, p99: milliseconds });
/** Null where nothing was timed. */
export type Timing = z.infer<typeof timingSchema>;

/** Rates, timings and counts are those of the interval that ends with the sample. */
export const instanceSampleSchema = z.object({
  /** Milliseconds since 1970, by this instance's clock. */
  at: count,
  intervalMs: count,
  sockets: count,
  subscriptions: count,
  /** Frames written to sockets. */
  deliveriesPerSecond: z.number().check(z.minimum(0)),
  /** From a revision reaching the process, its own right after the commit, until its last subscriber was written to. */
  deliveryMs: z.nullable(timingSchema),
  /** From the process learning that access ended until the socket was closed. */
  endToCloseMs: z.nullable(timingSchema),
  loopDelayMs: timingSchema,
  /** Copies that were sent anew, by reason. */
  resyncs: z.record(z.string(), count),
  /** Organizations that the sweep found further on than notices had said. */
  gaps: count,
  /** Copies older than their lease now, as their clients say. */
  staleReplicas: count,
  bus: z.enum(['memory', 'redis', 'redis-down']),
  /** Database connections, and callers that wait for one. */
  pool: z.object({ total: count, idle: count, waiting: count }),
});
export type InstanceSample = z.infer<typeof instanceSampleSchema>;

export const instanceIdentitySchema = z.object({
  /** Of this process: another one after a restart. */
  id: z.string(),
  /** INSTANCE_ID. */
  name: z.string(),
  version: z.string(),
  /** ISO 8601. */
  startedAt: z.string(),
});
export type InstanceIdentity = z.infer<typeof instanceIdentitySchema>;

/** What an instance answers its operator: itself and those that it hears, samples from the oldest on. */
export const instanceReportSchema = z.object({
  /** The id of the one that answers. */
  answeredBy: z.string(),
  instances: z.array(z.extend(instanceIdentitySchema, { samples: z.array(instanceSampleSchema) })),
});
export type InstanceReport = z.infer<typeof instanceReportSchema>;
