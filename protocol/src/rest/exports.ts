import type { exportShape, newExportShape, ResponseOf } from './shapes/index.ts';

/** Exports of an organization (REST contract 13.16). */

export type Export = ResponseOf<typeof exportShape>;
export type NewExport = ResponseOf<typeof newExportShape>;

export interface RequestExportInput {
  /** Whether the file also contains the changes that are in the log. Default: false. */
  readonly history?: boolean;
}
