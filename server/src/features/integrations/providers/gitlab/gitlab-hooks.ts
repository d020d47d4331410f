import * as z from 'zod';
import type { GitLabApi } from './gitlab-client.ts';
import { GitLabError } from './gitlab-errors.ts';

/** The name of the stored token that GitLab sends with each notice. */
export const hookTokenSecret = 'hook-token';
/** The name of the stored path of the webhook at GitLab, if GitLab let us create it. */
export const hookSecret = 'hook';

const storedHook = z.object({ groupId: z.string(), hookId: z.int() });

/**
 * Creates the webhook of a group, and returns its stored form.
 * @throws GitLabError, for example 403 if the person doesn't own the group, or 404 if the plan of
 * the group has no webhooks
 */
export async function createHook({ hooks }: GitLabApi, groupId: string, url: string, token: string): Promise<string> {
  // The types of the client don't know `memberEvents`.
  const events = { pushEvents: false, subgroupEvents: true, memberEvents: true };
  const { id } = z.object({ id: z.int() }).parse(await hooks.add(groupId, url, { ...events, token, enableSslVerification: true }));
  return JSON.stringify({ groupId, hookId: id } satisfies z.input<typeof storedHook>);
}

/**
 * Resolves also if GitLab no longer has the webhook, or no longer lets the person delete it.
 * @throws GitLabError
 */
export async function deleteHook({ hooks }: GitLabApi, stored: string): Promise<void> {
  const { groupId, hookId } = storedHook.parse(JSON.parse(stored));
  try {
    await hooks.remove(groupId, hookId);
  } catch (error) {
    if (!(error instanceof GitLabError && (error.status === 403 || error.status === 404))) throw error;
  }
}
