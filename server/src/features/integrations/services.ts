import type { Services } from '../../http/services.ts';
import type { Directories } from './directories/directories.ts';
import type { IntegrationConsumer } from './outlets/integration-consumer.ts';
import type { OpenProviders } from './providers/providers.ts';

export interface IntegrationServices extends Services {
  readonly providers: OpenProviders;
  readonly integrationConsumer: IntegrationConsumer;
  /** Reads the people and teams of providers. */
  readonly directories: Directories;
}
