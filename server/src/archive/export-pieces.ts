import { readPiece } from '../database/archive/exports.ts';
import type { Db } from '../database/database.ts';

/** The pieces of a complete export. At most one is in memory. */
export async function* exportPieces(db: Db, exportId: string): AsyncGenerator<Buffer> {
  for (let number = 0; ; number++) {
    const piece = await readPiece(db, exportId, number);
    if (!piece) return;
    yield piece;
  }
}
