import type { Services } from '../../http/services.ts';
import type { FeatureCore } from '../feature.ts';
import { Directories } from './directories/directories.ts';
import { IntegrationConsumer } from './outlets/integration-consumer.ts';
import type { RevocationParts } from './outlets/revoke-removed.ts';
import type { ProviderServices } from './providers/provider.ts';
import { openProviders, partsOf } from './providers/providers.ts';

export interface Integrations extends Omit<ProviderServices, keyof Services> {
  readonly revocations: RevocationParts;
}

/**
 * Opens the providers, the consumer that delivers the log to them, and the reader of their people.
 */
export function openIntegrations({
  config,
  writePath,
  outbound,
  publicUrl,
  duePolls,
  integrationsPollMs: pollMs,
}: FeatureCore): Integrations {
  const { integrations, webhookRetrySeconds } = config;
  const { counters, failpoints, log, keys } = writePath;
  const { db } = writePath.database;
  const providers = openProviders(integrations, { db, outbound, publicUrl, key: keys });
  const directories = new Directories({
    ...{ db, writePath, key: keys, counters, failpoints, log, duePolls, retrySeconds: webhookRetrySeconds, pollMs },
    directories: partsOf(providers, 'directory'),
  });
  return {
    providers,
    directories,
    integrationConsumer: new IntegrationConsumer({ db, writePath, key: keys, notifiers: partsOf(providers, 'notifier') }),
    revocations: { db, key: keys, log, duePolls, revokes: partsOf(providers, 'revoke'), intervalMs: pollMs },
  };
}
