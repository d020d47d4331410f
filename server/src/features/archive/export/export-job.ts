import type { DuePolls } from '../../../database/due-polls.ts';
import type { JobQueue } from '../../../jobs/job-queue.ts';
import { QueueRunner } from '../../../jobs/queue-runner.ts';
import type { Log } from '../../../runtime/log.ts';
import { type ClaimedExport, claimExport, failExport, isExportRequested, releaseExport } from '../database/exports.ts';
import { ExportFailedError, type ExportWriter, writeExport } from './write-export.ts';

export interface ExportsParts extends Omit<ExportWriter, 'signal'> {
  readonly log: Log;
  readonly duePolls: DuePolls;
}

/**
 * Writes the files of requested exports into the database, one at a time. If the process ends,
 * another instance writes the file again from the start.
 */
export function openExports(parts: ExportsParts): QueueRunner<ClaimedExport> {
  const { log } = parts;
  const { db } = parts.database;
  const queue: JobQueue<ClaimedExport> = {
    name: 'exports',
    // They are rare and take seconds or minutes, so the delay until a poll is negligible.
    every: isExportRequested,
    async claim(running) {
      const claim = running.length > 0 ? null : await claimExport(db);
      return claim ? [claim] : [];
    },
    async execute(claim, { stopping }) {
      const startedAt = performance.now();
      const { bytes, revision } = await writeExport({ ...parts, signal: stopping }, claim);
      const ms = Math.round(performance.now() - startedAt);
      log.info({ orgId: claim.orgId, exportId: claim.id, bytes, revision, ms }, 'exported an organization');
    },
    release: (claim) => releaseExport(db, claim),
    async fail(claim, error) {
      const isKnown = error instanceof ExportFailedError;
      log[isKnown ? 'warn' : 'error']({ orgId: claim.orgId, exportId: claim.id, error: String(error) }, 'could not export an organization');
      await failExport(db, claim, isKnown ? error.message : 'The server could not write the file. Its log has the reason.');
    },
  };
  return new QueueRunner(queue, parts);
}
