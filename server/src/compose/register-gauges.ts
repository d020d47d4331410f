import type { ConsumerRunner } from '../consumers/consumer-runner.ts';
import type { OpenedFeature } from '../features/feature.ts';
import type { EventServices } from '../http/changes/event-connection.ts';
import type { PasswordPool } from '../identity/passwords/password-pool.ts';
import type { JobRunner } from '../jobs/job-runner.ts';
import type { MailSender } from '../mail/mail-sender.ts';
import type { ReadPath } from '../read-path/read-path.ts';
import type { Metrics } from '../runtime/metrics/metrics.ts';
import type { WritePath } from '../write-path/run-command.ts';

export interface MeasuredParts {
  readonly readPath: ReadPath;
  readonly mailSender: MailSender;
  readonly consumerRunner: ConsumerRunner;
  readonly passwords: PasswordPool;
  readonly events: EventServices;
  readonly features: readonly OpenedFeature[];
  readonly jobRunner: JobRunner;
}

/** Registers metrics that are read from the parts of this process at each scrape of `/metrics`. */
export function registerGauges(
  metrics: Metrics,
  { database, bus, writeQueue }: WritePath,
  { readPath, mailSender, consumerRunner, passwords, events, features, jobRunner }: MeasuredParts,
): void {
  metrics.expose('rollcall_password_hashes', 'Passwords being hashed, and passwords that wait to be hashed', 'state', () => {
    return new Map(Object.entries(passwords.use));
  });
  metrics.expose(
    'rollcall_subscriptions',
    'Subscriptions, including those whose snapshot is still being sent',
    null,
    () => readPath.use.subscriptions,
  );
  metrics.expose(
    'rollcall_database_trusted',
    '1 if the database is used, 0 while it is incomplete, restored and not yet released, or that of another installation',
    null,
    () => (database.trust.distrust === null ? 1 : 0),
  );
  metrics.expose(
    'rollcall_organizations_missing',
    'Watched organizations that are missing from the database without having been removed',
    null,
    () => readPath.swept.missing.length,
  );
  metrics.expose('rollcall_streams', 'Open streams of the changes API', null, () => events.streams.size);
  metrics.expose('rollcall_feeds', 'Organizations watched by this instance', null, () => readPath.use.organizations);
  metrics.expose('rollcall_idle_feeds', 'Watched organizations without subscriptions', null, () => readPath.idleUse.organizations);
  metrics.expose(
    'rollcall_idle_feed_bytes',
    'Estimated memory of watched organizations without subscriptions',
    null,
    () => readPath.idleUse.bytes,
  );
  metrics.expose(
    'rollcall_audiences',
    'Audiences with live subscriptions, summed over all watched organizations',
    null,
    () => readPath.use.audiences,
  );
  metrics.expose(
    'rollcall_feeds_behind_seconds',
    'Time since the feed that lags most was last known to be current',
    null,
    () => readPath.lagMs / 1_000,
  );
  metrics.expose('rollcall_bus_up', '1 if the bus works, 0 if Redis is unreachable; always 1 without REDIS_URL', 'bus', () => {
    return new Map([[bus.status === 'memory' ? 'memory' : 'redis', bus.status === 'redis-down' ? 0 : 1]]);
  });
  metrics.expose('rollcall_mails_waiting', 'Mails in the queue, which all instances share', null, () => mailSender.queueSize.waiting);
  metrics.expose('rollcall_mail_oldest_seconds', 'Age of the oldest mail in the queue', null, () => mailSender.queueSize.oldestSeconds);
  metrics.expose(
    'rollcall_outlet_behind_seconds',
    'Age of the oldest revision that an active webhook or integration has not received',
    null,
    () => consumerRunner.behindSeconds,
  );
  for (const feature of features) feature.exposeGauges?.(metrics);
  metrics.expose('rollcall_jobs_open', 'Jobs that are not finished, which all instances share', null, () => jobRunner.state.open);
  metrics.expose('rollcall_jobs_failing', 'Open jobs whose last step failed', null, () => jobRunner.state.failing);
  metrics.expose('rollcall_job_oldest_seconds', 'Age of the oldest open job', null, () => jobRunner.state.oldestSeconds);
  metrics.expose(
    'rollcall_commands_waiting',
    'Commands that wait for earlier commands of the same organization',
    null,
    () => writeQueue.waiting,
  );
  metrics.expose('rollcall_pool_connections', 'Database connections, and callers that wait for one', 'state', () => {
    return new Map(Object.entries(database.pool()));
  });
}
