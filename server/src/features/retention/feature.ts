import type { JobHandler } from '../../jobs/job.ts';
import { feature } from '../feature.ts';
import { missingRunsSweep } from './database/retention-runs.ts';
import { eraseUserJob } from './erasure/erase-user-job.ts';
import { planRoutes } from './http/operator-plan.ts';
import { runRetentionRoutes } from './http/operator-run.ts';
import { retentionRoutes } from './http/retention.ts';
import { personsStep } from './job/persons-step.ts';
import { RetentionJob } from './job/retention-job.ts';
import { auditStep, deliveriesStep, historyStep, securityEventsStep } from './job/steps.ts';
import type { RetentionServices } from './services.ts';

/** The daily removal of old data, and the erasure of users. */
export const retention = feature<RetentionServices>({
  name: 'retention',
  routes: { access: retentionRoutes },
  operatorRoutes: { plans: planRoutes, jobs: runRetentionRoutes },

  open({ writePath, consumers, duePolls, parts }) {
    // The steps of the daily run, in their order.
    const steps = [historyStep(writePath, consumers), auditStep, securityEventsStep(writePath), deliveriesStep, personsStep(writePath)];
    const job = new RetentionJob({ writePath, duePolls, steps });
    return {
      services: { requestRetention: (orgId) => job.request(orgId) },
      jobs: [eraseUserJob(writePath, () => job.wake()) as JobHandler<unknown, unknown>],
      sweeps: [missingRunsSweep(writePath.database.db, writePath.log)],
      async start() {
        await parts.start('retention job', () => job.start(), { drain: () => job.stop() });
      },
      exposeGauges(metrics) {
        metrics.expose(
          'rollcall_retention_due',
          'Organizations whose daily removal of old data is due or in progress, or failed',
          null,
          () => job.state.due,
        );
        metrics.expose(
          'rollcall_retention_last_run_timestamp_seconds',
          'When old data of any organization was last removed completely, in seconds since 1970; 0 if never',
          null,
          () => job.state.lastRunAt,
        );
      },
    };
  },
});
