import type { LogConsumer } from '../consumers/log-consumer.ts';
import type { Outbound } from '../outbound/outbound.ts';
import type { WritePath } from '../write-path/run-command.ts';

export interface OutletParts {
  readonly writePath: WritePath;
  readonly outbound: Outbound;
}

/** The consumers of the log, one line for each kind of outlet. */
export function outletsOf(_parts: OutletParts): readonly LogConsumer[] {
  return [];
}
