import { installRoute } from '../../http/install-route.ts';
import { rawBody } from '../../http/raw-body.ts';
import type { Provider } from '../provider.ts';
import { listChannels } from './list-channels.ts';
import { receiveSlackAction } from './slack-action.ts';
import { slackChannelRoutes } from './slack-channels.ts';
import { SlackClient } from './slack-client.ts';
import { botTokenSecret, SlackNotifier } from './slack-notifier.ts';
import { finishSlackSetup, slackSetupPath } from './slack-setup.ts';

export const slack: Provider<'slack'> = {
  connecting: installRoute(
    'slack',
    'The same browser must open `url` within 10 minutes. Slack sends it back to this server, which connects the workspace.',
  ),
  routes: slackChannelRoutes,
  open(settings, { db, publicUrl, key }) {
    const client = new SlackClient(settings);
    return {
      notifier: new SlackNotifier({ db, client, publicUrl }),
      listChannels: (...page) => listChannels({ db, key, slack: client }, ...page),
      revoke: ({ secrets }) => client.revoke(secrets[botTokenSecret] ?? ''),
      installUrl: (state) => client.authorizeUrl(state, `${publicUrl}${slackSetupPath}`),
      addPages(router, services) {
        router.get(slackSetupPath, finishSlackSetup(services, client));
        router.post('/extensions/slack/action/', rawBody(services), receiveSlackAction(services, client));
      },
    };
  },
};
