import type { DuePolls } from '../../../database/due-polls.ts';
import type { Log } from '../../../runtime/log.ts';
import { randomHex } from '../../../runtime/random.ts';
import { type ClaimedExport, claimExport, deleteExpiredExports, failExport, isExportDue, releaseExport } from '../database/exports.ts';
import { ExportFailedError, type ExportWriter, writeExport } from './write-export.ts';

export interface ExportsParts extends Omit<ExportWriter, 'signal'> {
  readonly log: Log;
  /**
   * Finds requested exports. They are rare and take seconds or minutes, so a second of delay is
   * negligible.
   */
  readonly duePolls: DuePolls;
}

/**
 * Writes the files of requested exports into the database, one at a time. If the process ends,
 * another instance begins the file again when the claim has expired.
 */
export class Exports {
  readonly #parts: ExportsParts;
  readonly #stopped = new AbortController();
  #poll: AsyncDisposable | null = null;

  constructor(parts: ExportsParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#poll = this.#parts.duePolls.add({
      isDue: isExportDue,
      poll: async (isDue) => {
        if (isDue) await this.#sweep();
      },
    });
  }

  /** Stops writing the current file. Another instance writes it again from the start. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#poll?.[Symbol.asyncDispose]();
  }

  async #sweep(): Promise<void> {
    const { database, log } = this.#parts;
    try {
      await deleteExpiredExports(database.db);
      for (let claim = await this.#claim(); claim; claim = await this.#claim()) await this.#write(claim);
    } catch (error) {
      log.warn({ error: String(error) }, 'could not check for requested exports; the next poll tries again');
    }
  }

  async #claim(): Promise<ClaimedExport | null> {
    return this.#stopped.signal.aborted ? null : claimExport(this.#parts.database.db, randomHex(16));
  }

  async #write(claim: ClaimedExport): Promise<void> {
    const { log, ...parts } = this.#parts;
    const { db } = parts.database;
    const { signal } = this.#stopped;
    const { id, orgId } = claim;
    const startedAt = performance.now();
    try {
      const { bytes, revision } = await writeExport({ ...parts, signal }, claim);
      log.info({ orgId, exportId: id, bytes, revision, ms: Math.round(performance.now() - startedAt) }, 'exported an organization');
    } catch (error) {
      if (signal.aborted) return releaseExport(db, claim);
      const isKnown = error instanceof ExportFailedError;
      log[isKnown ? 'warn' : 'error']({ orgId, exportId: id, error: String(error) }, 'could not export an organization');
      await failExport(db, claim, isKnown ? error.message : 'The server could not write the file. Its log has the reason.');
    }
  }
}
