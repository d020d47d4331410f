import type { LogConsumer } from '../consumers/log-consumer.ts';
import type { Outbound } from '../outbound/outbound.ts';
import type { WritePath } from '../write-path/run-command.ts';
import type { Integrations } from './open-integrations.ts';

export interface OutletParts {
  readonly writePath: WritePath;
  readonly outbound: Outbound;
  readonly integrations: Integrations;
}

/** The consumers of the log, one line for each kind of outlet. */
export function outletsOf({ integrations }: OutletParts): readonly LogConsumer[] {
  return [integrations.integrationConsumer];
}
