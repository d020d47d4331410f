import type { RequestHandler } from 'express';
import { DirectoryError } from '../../../directories/directory.ts';
import type { GitHubClient } from '../../../directories/github/github-client.ts';
import { installationSecret } from '../../../directories/github/github-directory.ts';
import { directoryErrorOf } from '../../../directories/github/github-errors.ts';
import type { Services } from '../../services.ts';
import { finishSetup } from './setup-page.ts';

export const gitHubSetupPath = '/extensions/github/setup/';

/** GitHub's ids are below 2^53. */
const idPattern = /^[1-9][0-9]{0,14}$/;

/** Connects a GitHub organization that installed the App (REST contract 13.12, S-52). */
export function finishGitHubSetup(services: Services, github: GitHubClient): RequestHandler {
  return finishSetup(services, {
    provider: 'github',
    async confirm(query) {
      const id = query.get('installation_id') ?? '';
      const code = query.get('code');
      if (query.get('setup_action') === 'request') {
        return { refusal: 'An owner of the GitHub organization must install the App. They have been asked to.', status: 200 };
      }
      if (query.has('error')) return { refusal: 'The connection was cancelled in GitHub.' };
      if (!idPattern.test(id) || code === null) {
        return {
          refusal:
            'GitHub did not send back who you are. If the App is already installed on the organization, uninstall it there first. Then start again in the console.',
        };
      }
      const installation = await github.confirmInstallation(code, Number(id)).catch(directoryErrorOf);
      if (installation === null) {
        return {
          refusal: 'GitHub did not confirm that you administer the organization that has the App. Start again in the console.',
          status: 403,
        };
      }
      if (installation instanceof DirectoryError) {
        return { refusal: `${installation.message} Uninstall the App in GitHub, and start again in some minutes.`, status: 503 };
      }
      return { ...installation, config: {}, secrets: { [installationSecret]: id } };
    },
  });
}
