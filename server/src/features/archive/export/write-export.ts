import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Database, Db } from '../../../database/database.ts';
import type { Failpoints } from '../../../runtime/failpoints.ts';
import { type ClaimedExport, type FinishedExport, finishExport, insertPiece } from '../database/exports.ts';
import { isUnchanged, readArchive } from '../format/archive-lines.ts';

/** An instance sends a file in such pieces. It is the memory that a download takes. */
const pieceBytes = 256 * 1024;

/** The reason why an attempt failed, as a sentence for the owners. */
export class ExportFailedError extends Error {
  override readonly name = 'ExportFailedError';
}

export interface ExportWriter {
  readonly database: Database;
  readonly failpoints: Failpoints;
  readonly version: string;
  /** Aborted when the process stops. */
  readonly signal: AbortSignal;
}

/**
 * Writes the file of a claimed export. It is read in one transaction, so it shows one moment. The
 * embedded database runs one transaction at a time, so a long one would stop all requests.
 * There the file is read page by page, and is valid if the organization did not change in between.
 * @throws ExportFailedError
 */
export function writeExport(writer: ExportWriter, claim: ClaimedExport): Promise<FinishedExport> {
  const { kind, db } = writer.database;
  if (kind === 'pglite') return writePieces(writer, claim, db);
  const transaction = db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only');
  return transaction.execute((tx) => writePieces(writer, claim, tx));
}

async function writePieces(writer: ExportWriter, claim: ClaimedExport, reads: Db): Promise<FinishedExport> {
  const { database, failpoints, version, signal } = writer;
  const options = { version, withHistory: claim.withHistory };
  const archive = await readArchive(reads, claim.orgId, options);
  if (!archive) throw new ExportFailedError('The organization no longer exists.');
  const digest = { sha256: '' };
  let number = 0;
  let bytes = 0;
  await pipeline(withDigest(archive.lines, digest), createGzip(), async (compressed: AsyncIterable<Buffer>) => {
    for await (const piece of inPieces(compressed)) {
      signal.throwIfAborted();
      failpoints.reach('during-export');
      if (!(await insertPiece(database.db, claim, number++, piece))) throw claimEnded();
      bytes += piece.length;
    }
  });
  if (database.kind === 'pglite' && !(await isUnchanged(reads, archive.header, options))) {
    throw new ExportFailedError(
      'The organization changed while the server wrote the file. Request the export again when there are fewer changes.',
    );
  }
  const { revision, counts } = archive.header;
  const finished = { revision, counts, sha256: digest.sha256, bytes };
  if (!(await finishExport(database.db, claim, finished))) throw claimEnded();
  return finished;
}

function claimEnded(): ExportFailedError {
  return new ExportFailedError('Another instance is writing the file, or the export was deleted.');
}

/** Ends each line with a line break, and adds the last line, which contains the digest. */
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
