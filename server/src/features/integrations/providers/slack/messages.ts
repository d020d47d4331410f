import type { KnownBlock } from '@slack/web-api';
import type { OutletEvent } from '../../../../domain/outlet-events.ts';
import { describeEvent } from '../../domain/describe-event.ts';

/** Messages in Slack's Block Kit. */

/** Slack cuts texts of a section off at 3,000 characters. */
const textMax = 2_900;
const linesMax = 20;

export const decisions = { approve: 'rollcall-approve', deny: 'rollcall-deny' } as const;

/** Slack's three control characters. The texts contain names that people chose. */
function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

export interface Message {
  /** The text of notifications. */
  readonly text: string;
  readonly blocks: KnownBlock[];
}

/** The message about the events of one revision. */
export function changeMessage(events: readonly OutletEvent[], publicUrl: string): Message {
  const { organization } = events[0]!.data;
  const lines = events.slice(0, linesMax).map((event) => escapeText(describeEvent(event)));
  const more = events.length > linesMax ? [`and ${events.length - linesMax} more changes`] : [];
  const text = [...lines, ...more].join('\n').slice(0, textMax);
  return {
    text: `${escapeText(organization.slug)}: ${lines[0]}`,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text } },
      {
        type: 'context',
        elements: [
          { type: 'mrkdwn', text: `${organization.slug} · <${publicUrl}/organizations/${organization.slug}/audit-log/|Audit log>` },
        ],
      },
    ],
  };
}

export interface ShownRequest {
  readonly id: string;
  readonly revision: number;
}

/** The message about a request, with the buttons that decide it. */
export function requestMessage(event: OutletEvent, request: ShownRequest, publicUrl: string): Message {
  const { text, blocks } = changeMessage([event], publicUrl);
  const value = JSON.stringify(request);
  return {
    text,
    blocks: [
      ...blocks,
      {
        type: 'actions',
        elements: [
          { type: 'button', action_id: decisions.approve, style: 'primary', text: { type: 'plain_text', text: 'Approve' }, value },
          { type: 'button', action_id: decisions.deny, style: 'danger', text: { type: 'plain_text', text: 'Deny' }, value },
        ],
      },
    ],
  };
}
