import { feature } from '../feature.ts';
import { startNoticesSweep } from './directories/accept-notice.ts';
import { directoryDriftRoutes } from './http/directory-drift.ts';
import { externalActorRoutes } from './http/external-actors.ts';
import { integrationDeliveryRoutes } from './http/integration-deliveries.ts';
import { integrationRoutes } from './http/integrations.ts';
import { runDirectoriesRoutes } from './http/operator-run.ts';
import { ownAccountRoute } from './http/own-account.ts';
import { extensionsRouter } from './http/router.ts';
import { openIntegrations } from './open-integrations.ts';
import { startRevocations } from './outlets/revoke-removed.ts';
import { installGitHubRoute } from './providers/github/install-github.ts';
import { installGitLabRoute } from './providers/gitlab/install-gitlab.ts';
import { pagerDutyRoutes } from './providers/pagerduty/pagerduty.ts';
import { installSlackRoute } from './providers/slack/install-slack.ts';
import { slackChannelRoutes } from './providers/slack/slack-channels.ts';
import { refuseToChangeFollowedTeams } from './reactions/refuse-followed-teams.ts';
import { removeMappings } from './reactions/remove-mappings.ts';
import type { IntegrationServices } from './services.ts';

/** Connections of organizations to other services: messages, incidents, people and teams. */
export const integrations = feature<IntegrationServices>({
  name: 'integrations',
  routes: {
    integrations: [
      ...pagerDutyRoutes,
      installSlackRoute,
      installGitHubRoute,
      installGitLabRoute,
      ownAccountRoute,
      ...integrationRoutes,
      ...integrationDeliveryRoutes,
      ...directoryDriftRoutes,
      ...slackChannelRoutes,
      ...externalActorRoutes,
    ],
  },
  operatorRoutes: { jobs: runDirectoriesRoutes },
  pages: extensionsRouter,
  reactions: [removeMappings, refuseToChangeFollowedTeams],

  open(core) {
    const { config, writePath, parts } = core;
    const { revocations, ...services } = openIntegrations(core);
    const { directories, integrationConsumer } = services;
    return {
      services: { ...services, integrations: config.integrations },
      consumers: [integrationConsumer],
      startSweeps: () => [startNoticesSweep({ db: writePath.database.db, log: writePath.log })],
      async start() {
        await parts.start('revocations', () => startRevocations(revocations), { drain: (sweep) => sweep[Symbol.asyncDispose]() });
        await parts.start('directories', () => directories.start(), { drain: () => directories.stop() });
      },
    };
  },
});
