import type { Bus } from '../bus/bus.ts';
import type { Config } from '../config.ts';
import { ConsumerRunner } from '../consumers/consumer-runner.ts';
import type { Database } from '../database/database.ts';
import type { DuePolls } from '../database/due-polls.ts';
import { features } from '../features/index.ts';
import type { NewJob } from '../jobs/enqueue-job.ts';
import { JobRunner } from '../jobs/job-runner.ts';
import type { Mail } from '../mail/mail.ts';
import { openDirectoryMail } from '../mail/mail-directory.ts';
import { MailSender } from '../mail/mail-sender.ts';
import { openSmtpMail } from '../mail/mail-smtp.ts';
import type { Failpoints } from '../runtime/failpoints.ts';
import type { Log } from '../runtime/log.ts';
import type { Counters } from '../runtime/metrics/counters.ts';
import { tokenDeriver } from '../runtime/secrets/derived-tokens.ts';
import type { KeyRing } from '../runtime/secrets/key-ring.ts';
import type { SecurityEventRecorder } from '../runtime/security-events/recorder.ts';
import { openKeyUses } from '../write-path/idempotency.ts';
import { reactionsWith } from '../write-path/reactions/reactions.ts';
import type { WritePath } from '../write-path/run-command.ts';
import { WriteQueue } from '../write-path/write-queue.ts';

export interface WritePathParts {
  readonly database: Database;
  readonly bus: Bus;
  readonly counters: Counters;
  readonly failpoints: Failpoints;
  readonly log: Log;
  readonly keys: KeyRing;
  readonly securityEvents: SecurityEventRecorder;
}

export interface CreatedWritePath {
  readonly writePath: WritePath;
  readonly mailSender: MailSender;
  readonly consumerRunner: ConsumerRunner;
  readonly jobRunner: JobRunner;
}

/**
 * Creates the write path, and the parts that it notifies after a commit: the mail sender and the
 * runners of consumers and of jobs.
 */
export function createWritePath(config: Config, parts: WritePathParts, duePolls: DuePolls): CreatedWritePath {
  const { database, counters, failpoints, log } = parts;
  const { db, reads } = database;
  const mailSender = new MailSender({ db, reads, duePolls, mail: openMail(config, log), counters, log, failpoints });
  const retrySeconds = config.webhookRetrySeconds;
  const consumerRunner = new ConsumerRunner({ db, reads, duePolls, counters, log, failpoints, retrySeconds });
  const jobRunner = new JobRunner({ db, reads, duePolls, counters, log, failpoints });
  const writePath = {
    ...parts,
    writeQueue: new WriteQueue(),
    keyUses: openKeyUses(),
    deriveToken: tokenDeriver(parts.keys),
    wakeMail: () => mailSender.wake(),
    wakeConsumers: (orgId: string) => consumerRunner.wake(orgId),
    wakeJobs: () => jobRunner.wake(),
    settleJob: (job: NewJob, ms: number) => jobRunner.settle(job, ms),
    limits: config.limits,
    reactions: reactionsWith(features.flatMap(({ reactions = [] }) => reactions)),
    invites: config.invites,
    inviteDays: config.limits.inviteDays,
    retiredRoles: new Set(config.retiredRoles),
    retentionDaysMax: config.retentionDaysMax,
  };
  return { writePath, mailSender, consumerRunner, jobRunner };
}

function openMail({ smtpUrl, mailDir }: Config, log: Log): Mail {
  return smtpUrl === null ? openDirectoryMail({ directory: mailDir, log }) : openSmtpMail(smtpUrl);
}
