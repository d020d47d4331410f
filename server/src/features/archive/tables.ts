import type { Jsonb } from '../../database/jsonb.ts';

export interface ArchiveTables {
  exports: ExportsTable;
  export_pieces: { organization_id: string; export_id: string; number: number; bytes: Buffer };
}

interface ExportsTable {
  id: string;
  organization_id: string;
  requested_by: string | null;
  with_history: boolean;
  date_created: string;
  expires_at: string;
  finished_at: string | null;
  attempts: number;
  /** The claim of the instance that writes the file. */
  lease: string | null;
  leased_until: string | null;
  error: string | null;
  revision: string | null;
  counts: Jsonb<ExportCounts> | null;
  sha256: string | null;
  bytes: string | null;
}

/**
 * The number of lines of each kind of record, of `audit` and of `entry`, and that of linked
 * identities, which the file does not contain.
 */
export type ExportCounts = Readonly<Record<string, number>>;
