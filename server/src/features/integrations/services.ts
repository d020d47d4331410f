import type { Services } from '../../http/services.ts';
import type { Directories } from './directories/directories.ts';
import type { IntegrationConsumer } from './outlets/integration-consumer.ts';

/** Services that providers use too. `ProviderServices` adds the opened providers. */
export interface IntegrationServices extends Services {
  readonly integrationConsumer: IntegrationConsumer;
  /** Reads the people and teams of providers. */
  readonly directories: Directories;
}
