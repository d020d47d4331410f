import type { Request, RequestHandler } from 'express';
import { urlOf } from '../../../../http/requests/parsed-request.ts';
import { DirectoryError, type ExternalPerson } from '../../directories/directory.ts';
import { accountFlowAt, accountFlowOf } from '../../http/account-flow.ts';
import { type ConfirmedOrganization, type SetupRefusal, setupStep, stateOfQuery } from '../../http/setup-page.ts';
import { beginInstall } from '../../outlets/install-flows.ts';
import type { IntegrationServices } from '../../services.ts';
import type { GitHubClient } from './github-client.ts';
import { installationSecret } from './github-directory.ts';
import { directoryErrorOf } from './github-errors.ts';

export const gitHubSetupPath = '/extensions/github/setup/';
/** The flow in which the person authorizes the App. It keeps the id of the installation. */
const authorizeFlow = 'github-authorize';
const accountFlow = accountFlowAt('github');

/** GitHub's ids are below 2^53. */
const idPattern = /^[1-9][0-9]{0,14}$/;

/** Connects a GitHub organization that installed the App (REST contract 13.12, S-52). */
export function finishGitHubSetup(services: IntegrationServices, github: GitHubClient): RequestHandler {
  const { db, secret, publicUrl } = services;
  const step = { provider: 'github', flows: ['github', authorizeFlow, accountFlow], stateOf: stateOfSetup } as const;
  return setupStep(services, step, async ({ request, response, flow, connect, mapAccount, refuse, finish }) => {
    const query = urlOf(request).searchParams;
    if (query.get('setup_action') === 'request') {
      return refuse({
        refusal: 'An owner of the GitHub organization must install the App. GitHub has sent them your request.',
        status: 200,
      });
    }
    if (query.has('error')) return refuse({ refusal: 'The connection was cancelled in GitHub.' });
    if (flow.provider === accountFlow) {
      const accountCode = query.get('code');
      const person = accountCode === null ? unknownPerson : await confirmPerson(github, accountCode);
      const refusal = 'refusal' in person ? person : await mapAccount(accountFlowOf(flow).integrationId, person);
      return refusal ? refuse(refusal) : finish();
    }
    const id = flow.provider === authorizeFlow ? flow.secret : query.get('installation_id');
    const code = query.get('code');
    if (id === null || !idPattern.test(id)) return refuse(unknownPerson);
    if (code !== null) {
      const confirmed = await confirm(github, code, id);
      const connected = 'refusal' in confirmed ? confirmed : await connect(confirmed);
      return 'refusal' in connected ? refuse(connected) : finish();
    }
    if (flow.provider === authorizeFlow) return refuse(unknownPerson);
    // The App was already installed. GitHub then sends no code, so it is unknown who the person is.
    const state = await beginInstall(db, secret, { ...flow, provider: authorizeFlow, secret: id });
    response.redirect(303, github.authorizeUrl(state, `${publicUrl}${gitHubSetupPath}`));
  });
}

const unknownPerson: SetupRefusal = { refusal: 'GitHub did not send back who you are. Start again in the console.' };

/**
 * GitHub may omit the state when the settings of an installed App are saved. The flow is then the
 * latest one of the session. That is safe, because such a request connects nothing: the person
 * authorizes the App first, with a state, and must administer the organization.
 */
function stateOfSetup(request: Request): string | null {
  const query = urlOf(request).searchParams;
  const isUpdate = query.get('setup_action') === 'update' && !query.has('state') && !query.has('code');
  return isUpdate ? null : stateOfQuery(request);
}

async function confirmPerson(github: GitHubClient, code: string): Promise<ExternalPerson | SetupRefusal> {
  const person = await github.confirmPerson(code).catch(directoryErrorOf);
  if (person === null) return unknownPerson;
  if (!(person instanceof DirectoryError)) return person;
  return { refusal: `${person.message} Start again in the console in some minutes.`, status: 503 };
}

async function confirm(github: GitHubClient, code: string, id: string): Promise<ConfirmedOrganization | SetupRefusal> {
  const installation = await github.confirmInstallation(code, Number(id)).catch(directoryErrorOf);
  if (installation === null) {
    const refusal = 'GitHub did not confirm that you administer the organization that has the App. Start again in the console.';
    return { refusal, status: 403 };
  }
  if (installation instanceof DirectoryError) {
    return { refusal: `${installation.message} Start again in the console in some minutes.`, status: 503 };
  }
  return { ...installation, config: {}, secrets: { [installationSecret]: id } };
}
