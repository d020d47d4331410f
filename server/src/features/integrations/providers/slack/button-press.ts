import { OrgError } from '@rollcall/protocol';
import type { Db } from '../../../../database/database.ts';
import { readMemberUsers } from '../../../../database/identity/users-read.ts';
import { openOrgSecrets } from '../../../../database/organizations/org-secrets.ts';
import { findActiveIntegration, findMappedUser } from '../../../../database/outlets/mappings.ts';
import { userActor } from '../../../../domain/actor.ts';
import { forbidden } from '../../../../domain/authorize.ts';
import type { KeyRing } from '../../../../runtime/secrets/key-ring.ts';
import type { Command } from '../../../../write-path/command.ts';
import { removeInviteRequest } from '../../../../write-path/commands/invites/remove-invite-request.ts';
import { updateInviteRequest } from '../../../../write-path/commands/invites/update-invite-request.ts';
import { runCommand, type WritePath } from '../../../../write-path/run-command.ts';
import { ownerOfSecrets } from '../../commands/integration-rows.ts';
import { decisions } from './messages.ts';
import type { Press } from './parse-press.ts';
import type { SlackClient } from './slack-client.ts';
import { botTokenSecret } from './slack-notifier.ts';
import { fromSlack } from './via-slack.ts';

export interface PressParts {
  readonly db: Db;
  readonly writePath: WritePath;
  readonly client: SlackClient;
  /** The server's SECRET. */
  readonly key: KeyRing;
}

/**
 * Decides a request for the member that the Slack user is mapped to. The press is evaluated as that
 * member's request, but without the list of allowed addresses, because Slack's servers send it. The
 * person gets an ephemeral message with the result.
 */
export async function decideByPress(parts: PressParts, press: Press, requestId: string): Promise<void> {
  const integration = await findActiveIntegration(parts.db, 'slack', press.teamId);
  if (!integration) return;
  const { orgId, record } = integration;
  const userId = await findMappedUser(parts.db, orgId, record.id, press.userId);
  const text =
    userId === null
      ? 'Your Slack account is not mapped to a member. Map it on the Integrations page of the organization.'
      : await decide(parts, orgId, userId, press, requestId);
  const token = (await openOrgSecrets(parts.db, parts.key, ownerOfSecrets(orgId, record.id))).get(botTokenSecret);
  try {
    await parts.client.api(token).chat.postEphemeral({ channel: press.channel, user: press.userId, text });
  } catch {
    // The request is decided even if this fails. The message that replaces the buttons shows it.
  }
}

async function decide({ writePath, db }: PressParts, orgId: string, userId: string, press: Press, requestId: string): Promise<string> {
  const { id: member, revision } = press.request;
  // The member record follows the user within a minute.
  const [user] = await readMemberUsers(db, [userId]);
  if (!user?.isActive) return refusalText(forbidden());
  const actor = { ...userActor(userId), isAddressExempt: true, secondFactor: { isMissing: !user.has2fa } } as const;
  const run = <Input>(command: Command<Input, unknown, unknown>, input: Input) =>
    runCommand(writePath, fromSlack(command, { memberId: member, revision }), {
      orgId,
      actor,
      input,
      requestId,
      respond: async () => ({ status: 204 }),
    });
  try {
    if (press.action === decisions.approve) {
      await run(updateInviteRequest, { member, role: null, teams: null, approve: true });
      return 'You approved the request.';
    }
    await run(removeInviteRequest, { member });
    return 'You denied the request.';
  } catch (error) {
    if (!(error instanceof OrgError)) throw error;
    return refusalText(error);
  }
}

function refusalText({ code, message }: OrgError): string {
  switch (code) {
    case 'not-found':
      return 'This request was already decided, or the organization does not allow requests to join.';
    case 'forbidden':
      return 'You may not decide requests of this organization.';
    case 'two-factor-required':
      return 'The organization requires two-factor authentication. Set it up first.';
    case 'sso-required':
      return 'The organization requires single sign-on. Link your account first.';
    default:
      return message;
  }
}
