import * as z from 'zod';
import { decisions } from './messages.ts';

export interface Press {
  readonly teamId: string;
  /** The Slack user. */
  readonly userId: string;
  readonly channel: string;
  readonly action: string;
  readonly request: { readonly id: string; readonly revision: number };
}

const slackId = z.string().regex(/^[A-Z0-9]{1,64}$/);

/** The parts of Slack's `block_actions` that are used. */
const payloadSchema = z.object({
  type: z.literal('block_actions'),
  team: z.object({ id: slackId }),
  user: z.object({ id: slackId }),
  channel: z.object({ id: slackId }),
  actions: z.array(z.object({ action_id: z.enum([decisions.approve, decisions.deny]), value: z.string().max(200) })).length(1),
});
const valueSchema = z.strictObject({ id: z.string().regex(/^[0-9]{1,18}$/), revision: z.int().min(0) });

/** Parses the body of a verified request. Null if it is not a press of one of the two buttons. */
export function parsePress(body: Buffer): Press | null {
  try {
    const payload = payloadSchema.parse(JSON.parse(new URLSearchParams(body.toString('utf8')).get('payload') ?? ''));
    const [pressed] = payload.actions;
    return {
      teamId: payload.team.id,
      userId: payload.user.id,
      channel: payload.channel.id,
      action: pressed!.action_id,
      request: valueSchema.parse(JSON.parse(pressed!.value)),
    };
  } catch {
    return null;
  }
}
