/** The seal as one statement sees it, beside what the statement reads. */
export interface SealReading {
  /** JSON. Null if there is no seal. */
  readonly seal: string | null;
  /** The transaction that wrote the row, as PostgreSQL knows it: 32 bits. */
  readonly seal_xmin: string | null;
  /** The epoch of organization 0. Null if it is missing. */
  readonly stream_epoch: string | null;
}
