import type { Db } from '../../../database/database.ts';
import { readPiece } from '../database/exports.ts';

/**
 * The pieces of a complete export. At most one is in memory.
 * @param bytes the size of the file
 * @throws Error if the file is deleted before its end
 */
export async function* exportPieces(db: Db, orgId: string, exportId: string, bytes: number): AsyncGenerator<Buffer> {
  for (let number = 0, sent = 0; sent < bytes; number++) {
    const piece = await readPiece(db, orgId, exportId, number);
    if (!piece) throw new Error('The file was deleted.');
    sent += piece.length;
    yield piece;
  }
}
