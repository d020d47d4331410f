import { feature } from '../feature.ts';
import { noticesSweep } from './directories/accept-notice.ts';
import { directoryDriftRoutes } from './http/directory-drift.ts';
import { externalActorRoutes } from './http/external-actors.ts';
import { integrationDeliveryRoutes } from './http/integration-deliveries.ts';
import { integrationRoutes } from './http/integrations.ts';
import { runDirectoriesRoutes } from './http/operator-run.ts';
import { ownAccountRoute } from './http/own-account.ts';
import { extensionsRouter } from './http/router.ts';
import { openIntegrations } from './open-integrations.ts';
import { endedRevocationsSweep, startRevocations } from './outlets/revoke-removed.ts';
import type { Provider, ProviderServices } from './providers/provider.ts';
import { providers } from './providers/providers.ts';
import { refuseToChangeFollowedTeams } from './reactions/refuse-followed-teams.ts';
import { removeMappings } from './reactions/remove-mappings.ts';

/** Connections of organizations to other services: messages, incidents, people and teams. */
export const integrations = feature<ProviderServices>({
  name: 'integrations',
  routes: {
    integrations: [
      ...Object.values(providers).map(({ connecting }) => connecting),
      ownAccountRoute,
      ...integrationRoutes,
      ...integrationDeliveryRoutes,
      ...directoryDriftRoutes,
      ...Object.values<Pick<Provider<never>, 'routes'>>(providers).flatMap(({ routes = [] }) => routes),
      ...externalActorRoutes,
    ],
  },
  operatorRoutes: { jobs: runDirectoriesRoutes },
  pages: extensionsRouter,
  reactions: [removeMappings, refuseToChangeFollowedTeams],

  open(core) {
    const { writePath, parts } = core;
    const { revocations, ...services } = openIntegrations(core);
    const { directories, integrationConsumer } = services;
    return {
      services,
      consumers: [integrationConsumer],
      sweeps: [noticesSweep(writePath), endedRevocationsSweep(writePath.database.db, writePath.log)],
      async start() {
        await parts.start('revocations', () => startRevocations(revocations), { drain: (sweep) => sweep[Symbol.asyncDispose]() });
        await parts.start('directories', () => directories.start(), { drain: () => directories.stop() });
      },
    };
  },
});
