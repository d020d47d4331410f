import type { Collection } from '../collections.ts';
import type { changesShape, eventShape, ResponseOf } from './shapes/index.ts';

export type RestEvent = ResponseOf<typeof eventShape>;
export type RestChanges = ResponseOf<typeof changesShape>;

export interface ChangesFilter {
  /** `after` of an earlier response, or `floor` for all that the log contains. */
  readonly after?: string;
  /** The types of events to return, such as `member.roleChanged`, or `member.*`. */
  readonly types?: readonly string[];
  readonly collections?: readonly Collection[];
  /** From 1 to 500. */
  readonly limit?: number;
}
