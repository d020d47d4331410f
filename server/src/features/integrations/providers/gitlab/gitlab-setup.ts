import type { RequestHandler } from 'express';
import { queryOf } from '../../../../http/pages/browser.ts';
import { renderPlainForm } from '../../../../http/pages/form-page.ts';
import { sendPage } from '../../../../http/pages/send-page.ts';
import type { ExternalPerson } from '../../directories/directory.ts';
import { accountFlowAt, accountFlowOf } from '../../http/account-flow.ts';
import { consolePathOf, type SetupRefusal, setupStep, stateOfQuery } from '../../http/setup-page.ts';
import { beginInstall } from '../../outlets/install-flows.ts';
import type { IntegrationServices } from '../../services.ts';
import type { GitLabClient, GitLabTokens } from './gitlab-client.ts';
import { directoryErrorOf } from './gitlab-errors.ts';
import { type GitLabGroup, readMaintainedGroups, readOwner } from './gitlab-groups.ts';
import { newToken, tokensToText } from './gitlab-tokens.ts';

export const gitLabGroupPath = '/extensions/gitlab/group/';
/** The flow in which the person chooses a group. It keeps the tokens. */
export const groupFlow = 'gitlab-group';
const accountFlow = accountFlowAt('gitlab');

/**
 * The page to which GitLab sends the browser back. Shows the groups that the person may connect, or
 * maps the person to the member who began to.
 */
export function chooseGitLabGroup(services: IntegrationServices, gitlab: GitLabClient): RequestHandler {
  const { db, secret, productName } = services;
  const step = { provider: 'gitlab', flows: ['gitlab', accountFlow], stateOf: stateOfQuery } as const;
  return setupStep(services, step, async ({ request, response, flow, mapAccount, refuse, finish }) => {
    const code = queryOf(request, 'code');
    if (code === null) return refuse({ refusal: 'The connection was cancelled in GitLab.' });
    if (flow.provider === accountFlow) {
      const { integrationId, verifier } = accountFlowOf(flow);
      const person = await confirmPerson(gitlab, code, verifier);
      const refusal = 'refusal' in person ? person : await mapAccount(integrationId, person);
      return refusal ? refuse(refusal) : finish();
    }
    const found = await exchange(gitlab, code, flow.secret ?? '');
    if ('refusal' in found) return refuse(found);
    const { tokens, groups } = found;
    const state = await beginInstall(db, secret, { ...flow, provider: groupFlow, secret: tokensToText(tokens) });
    const html = renderPlainForm(productName, {
      title: 'Choose a GitLab group',
      intro: 'The people of the group and its subgroups are compared with your members. You see the groups that you maintain or own.',
      action: gitLabGroupPath,
      values: { state },
      choice: { name: 'group', label: 'Group', options: groups.map(({ id, path }) => ({ value: id, label: path })) },
      submit: 'Connect',
      link: { label: 'Cancel', path: consolePathOf(flow) },
    });
    sendPage(response, html);
  });
}

/** The tokens are needed for this only. */
async function confirmPerson(gitlab: GitLabClient, code: string, verifier: string): Promise<ExternalPerson | SetupRefusal> {
  try {
    const tokens = await gitlab.exchangeCode(code, verifier);
    try {
      return await readOwner(gitlab.api(newToken(tokens)));
    } finally {
      await giveUp(gitlab, tokens);
    }
  } catch (error) {
    return refusalOf(error);
  }
}

type Found = { readonly tokens: GitLabTokens; readonly groups: readonly GitLabGroup[] } | SetupRefusal;

async function exchange(gitlab: GitLabClient, code: string, verifier: string): Promise<Found> {
  let tokens: GitLabTokens;
  try {
    tokens = await gitlab.exchangeCode(code, verifier);
  } catch (error) {
    return refusalOf(error);
  }
  try {
    const groups = await readMaintainedGroups(gitlab.api(newToken(tokens)));
    if (groups.length > 0) return { tokens, groups };
  } catch (error) {
    await giveUp(gitlab, tokens);
    return refusalOf(error);
  }
  await giveUp(gitlab, tokens);
  return { refusal: 'You maintain or own no group in GitLab. Ask an owner of the group to connect it.', status: 403 };
}

/** Tokens that are not stored would stay valid in GitLab. */
export async function giveUp(gitlab: GitLabClient, tokens: GitLabTokens): Promise<void> {
  await gitlab.revoke(tokens).catch(() => {});
}

export function refusalOf(error: unknown): SetupRefusal {
  const { failure, message } = directoryErrorOf(error);
  if (failure === 'disconnected') return { refusal: 'GitLab did not confirm the connection. Start again in the console.' };
  return { refusal: `${message} Start again in the console in some minutes.`, status: 503 };
}
