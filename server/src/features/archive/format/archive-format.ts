/**
 * The file of an exported organization: JSON Lines, compressed by gzip (REST contract 13.16). The
 * first line is the header, the last one the digest of all lines before it.
 */

export const archiveFormat = 'rollcall-export/1';

export interface ArchiveHeader {
  readonly format: typeof archiveFormat;
  readonly organization: { readonly id: string; readonly slug: string; readonly name: string };
  readonly revision: number;
  readonly epoch: string;
  readonly chain: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** The version of the server. */
  readonly server: string;
  /** The number of lines of each kind of record, of `audit` and of `entry`, and of `identities`. */
  readonly counts: Readonly<Record<string, number>>;
}
