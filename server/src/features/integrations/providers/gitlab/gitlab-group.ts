import { isId } from '@rollcall/protocol';
import type { Request, RequestHandler } from 'express';
import { isForged } from '../../../../http/pages/browser.ts';
import { pageSecurityPolicy, renderNotice } from '../../../../http/pages/form-page.ts';
import { sendHtml } from '../../../../http/pages/send-html.ts';
import { fieldOf } from '../../../../http/pages/small-form.ts';
import { randomHex } from '../../../../runtime/secrets/random.ts';
import { runSystemCommand } from '../../../../write-path/run-system-command.ts';
import { updateIntegration } from '../../commands/update-integration.ts';
import { openConnection, saveConnectionSecret } from '../../directories/stored-connection.ts';
import { consolePathOf, type SetupRefusal, setupStep } from '../../http/setup-page.ts';
import type { IntegrationServices } from '../../services.ts';
import type { GitLabApi, GitLabClient } from './gitlab-client.ts';
import { findMaintainedGroup, type GitLabGroup } from './gitlab-groups.ts';
import { createHook, deleteHook, hookSecret, hookTokenSecret } from './gitlab-hooks.ts';
import { giveUp, groupFlow, refusalOf } from './gitlab-setup.ts';
import { newToken, tokensOf, tokensSecret, tokensToText } from './gitlab-tokens.ts';
import { gitLabWebhookUrl } from './gitlab-webhook.ts';

const hookTokenBytes = 32;

/** Connects the GitLab group that the person chose, and creates its webhook. */
export function connectGitLabGroup(services: IntegrationServices, gitlab: GitLabClient): RequestHandler {
  const { publicUrl, productName } = services;
  const step = { provider: 'gitlab', flows: [groupFlow], stateOf: (request: Request) => fieldOf(request, 'state') ?? '' } as const;
  const finishStep = setupStep(services, step, async ({ request, response, flow, connect, refuse, finish }) => {
    const tokens = tokensOf(flow.secret ?? undefined);
    const api = gitlab.api(newToken(tokens));
    const refuseFinally = async (refusal: SetupRefusal) => {
      await giveUp(gitlab, tokens);
      refuse(refusal);
    };
    const group = await confirm(api, fieldOf(request, 'group') ?? '');
    if ('refusal' in group) return refuseFinally(group);
    const token = randomHex(hookTokenBytes);
    const connected = await connect({
      ...{ name: group.path, domainName: group.domainName, externalId: group.id, config: { hasWebhook: false } },
      secrets: { [tokensSecret]: tokensToText(tokens), [hookTokenSecret]: token },
    });
    if ('refusal' in connected) return refuseFinally(connected);
    const { integrationId } = connected;
    const url = gitLabWebhookUrl(publicUrl, integrationId);
    const hook = await replaceHook(services, api, { orgId: flow.orgId, integrationId, groupId: group.id, url, token });
    if (hook) return finish();
    const facts = [
      { label: 'URL', text: url },
      { label: 'Secret token', text: token },
    ];
    const link = { label: 'Go to the console', path: consolePathOf(flow) };
    sendHtml(response, renderNotice(productName, { title: 'Add a webhook in GitLab', intro: byHand, facts, link }), pageSecurityPolicy);
  });
  return (request, response, next) => {
    if (isForged(request, services)) return void response.status(403).end();
    return finishStep(request, response, next);
  };
}

const byHand =
  'The group is connected, but GitLab did not let this server create its webhook: you are not an owner of the group, or its plan has no group webhooks. An owner can add it in the settings of the group, under Webhooks, for member events and subgroup events. Without it, this server reads changes in GitLab every night. The token is shown only now.';

async function confirm(api: GitLabApi, id: string): Promise<GitLabGroup | SetupRefusal> {
  try {
    const group = isId(id) ? await findMaintainedGroup(api, id) : null;
    return group ?? { refusal: 'You do not maintain or own this group in GitLab. Ask an owner of the group to connect it.', status: 403 };
  } catch (error) {
    return refusalOf(error);
  }
}

interface HookOptions {
  readonly orgId: string;
  readonly integrationId: string;
  readonly groupId: string;
  readonly url: string;
  readonly token: string;
}

/** Whether GitLab created the webhook. The webhook of an earlier connection is deleted. */
async function replaceHook({ db, secret, writePath }: IntegrationServices, api: GitLabApi, options: HookOptions): Promise<boolean> {
  const { orgId, integrationId, groupId, url, token } = options;
  const parts = { db, key: secret };
  const { secrets } = await openConnection(parts, { orgId, integrationId, provider: 'gitlab', externalId: groupId });
  const former = secrets[hookSecret];
  if (former !== undefined) await deleteHook(api, former).catch(() => {});
  const hook = await createHook(api, groupId, url, token).catch(() => null);
  if (hook !== null) await saveConnectionSecret(parts, { orgId, integrationId }, hookSecret, hook);
  const input = { integrationId, changes: { config: { hasWebhook: hook !== null } }, disabledReason: null };
  await runSystemCommand(writePath, updateIntegration, { orgId, input, requestId: null });
  return hook !== null;
}
