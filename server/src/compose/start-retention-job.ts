import type { LogConsumer } from '../consumers/log-consumer.ts';
import { personsStep } from '../features/retention/job/persons-step.ts';
import { RetentionJob } from '../features/retention/job/retention-job.ts';
import { auditStep, deliveriesStep, historyStep } from '../features/retention/job/steps.ts';
import type { WritePath } from '../write-path/run-command.ts';

/** The steps of the daily run, in their order. */
export function startRetentionJob(writePath: WritePath, outlets: readonly LogConsumer[]): RetentionJob {
  const job = new RetentionJob({ writePath, steps: [historyStep(writePath, outlets), auditStep, deliveriesStep, personsStep(writePath)] });
  job.start();
  return job;
}
