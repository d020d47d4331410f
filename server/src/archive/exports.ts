import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Kysely } from 'kysely';
import {
  type ClaimedExport,
  claimExport,
  deleteExpiredExports,
  type FinishedExport,
  failExport,
  finishExport,
  holdExport,
  insertPiece,
  releaseExport,
} from '../database/archive/exports.ts';
import type { Schema } from '../database/schema.ts';
import type { Failpoints } from '../runtime/failpoints.ts';
import type { Log } from '../runtime/log.ts';
import { startSweep } from '../runtime/start-sweep.ts';
import { readArchive } from './archive-lines.ts';

/** Exports are rare and take seconds or minutes, so a second of delay is negligible. */
const pollMs = 1_000;
/** An instance sends a file in such pieces. It is the memory that a download takes. */
const pieceBytes = 256 * 1024;

export interface ExportsParts {
  readonly db: Kysely<Schema>;
  readonly failpoints: Failpoints;
  readonly log: Log;
  readonly version: string;
}

/**
 * Writes the files of requested exports into the database, one at a time. If the process ends,
 * another instance begins the file again.
 */
export class Exports {
  readonly #parts: ExportsParts;
  readonly #stopped = new AbortController();
  #poll: AsyncDisposable | null = null;

  constructor(parts: ExportsParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#poll = startSweep(pollMs, () => this.#sweep());
  }

  /** Ends the file in progress. Another instance begins it again. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#poll?.[Symbol.asyncDispose]();
  }

  async #sweep(): Promise<void> {
    const { db, log } = this.#parts;
    try {
      await deleteExpiredExports(db);
      for (let claim = await this.#claim(); claim; claim = await this.#claim()) await this.#write(claim);
    } catch (error) {
      log.warn({ error: String(error) }, 'could not look for requested exports; the next poll tries again');
    }
  }

  async #claim(): Promise<ClaimedExport | null> {
    return this.#stopped.signal.aborted ? null : claimExport(this.#parts.db);
  }

  async #write(claim: ClaimedExport): Promise<void> {
    const { db, log } = this.#parts;
    const { id, orgId } = claim;
    const startedAt = performance.now();
    try {
      const finished = await this.#writePieces(claim);
      if (!finished) return;
      const { bytes, revision } = finished;
      log.info({ orgId, exportId: id, bytes, revision, ms: Math.round(performance.now() - startedAt) }, 'exported an organization');
    } catch (error) {
      if (this.#stopped.signal.aborted) return releaseExport(db, id);
      log.error({ orgId, exportId: id, error: String(error) }, 'could not export an organization');
      await failExport(db, id, 'The server could not write the file. Its log has the reason.');
    }
  }

  /**
   * Reads the organization and writes its file in one transaction, whose lock on the export's row
   * is the claim. Returns null if another instance holds it, or if the organization is gone.
   */
  #writePieces({ id, orgId, withHistory }: ClaimedExport): Promise<FinishedExport | null> {
    const { db, failpoints, version } = this.#parts;
    const transaction = db.transaction().setIsolationLevel('repeatable read');
    return transaction.execute(async (tx) => {
      const archive = (await holdExport(tx, id)) ? await readArchive(tx, orgId, { version, withHistory }) : null;
      if (!archive) return null;
      const { revision, counts } = archive.header;
      const digest = { sha256: '' };
      let number = 0;
      let bytes = 0;
      await pipeline(withDigest(archive.lines, digest), createGzip(), async (compressed: AsyncIterable<Buffer>) => {
        for await (const piece of inPieces(compressed)) {
          this.#stopped.signal.throwIfAborted();
          failpoints.reach('during-export');
          await insertPiece(tx, id, number++, piece);
          bytes += piece.length;
        }
      });
      const finished = { revision, counts, sha256: digest.sha256, bytes };
      await finishExport(tx, id, finished);
      return finished;
    });
  }
}

/** Ends each line, and adds the last one. */
async function* withDigest(lines: AsyncIterable<string>, digest: { sha256: string }): AsyncGenerator<string> {
  const hash = createHash('sha256');
  for await (const line of lines) {
    const ended = `${line}\n`;
    hash.update(ended);
    yield ended;
  }
  digest.sha256 = hash.digest('hex');
  yield `${JSON.stringify({ sha256: digest.sha256 })}\n`;
}

async function* inPieces(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const part of stream) {
    parts.push(part);
    length += part.length;
    if (length < pieceBytes) continue;
    yield Buffer.concat(parts);
    parts = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(parts);
}
