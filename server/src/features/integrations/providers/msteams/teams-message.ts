import type { OutletEvent } from '../../../../domain/outlet-events.ts';
import { describeEvent } from '../../domain/describe-event.ts';

/**
 * Messages with an Adaptive Card, as workflows of Teams post them. The cards use elements of the
 * first version of the schema only: https://adaptivecards.io/schemas/adaptive-card.json
 */

const linesMax = 20;
/** Longer names than people have. Twenty such lines are too large, so fewer are shown. */
const lineLengthMax = 1_000;
/** Teams refuses messages of about 28 KB, counted after it has converted them. */
const bytesMax = 20 * 1_024;

interface TextBlock {
  readonly type: 'TextBlock';
  readonly text: string;
  readonly wrap: true;
  readonly weight?: 'bolder';
}

interface AdaptiveCard {
  readonly $schema: string;
  readonly type: 'AdaptiveCard';
  readonly version: '1.4';
  readonly body: readonly TextBlock[];
  readonly actions: readonly { readonly type: 'Action.OpenUrl'; readonly title: string; readonly url: string }[];
}

export interface TeamsMessage {
  readonly type: 'message';
  readonly attachments: readonly {
    readonly contentType: 'application/vnd.microsoft.card.adaptive';
    readonly contentUrl: null;
    readonly content: AdaptiveCard;
  }[];
}

/** The message about the events of one revision. */
export function changeMessage(events: readonly OutletEvent[], publicUrl: string): TeamsMessage {
  const { slug } = events[0]!.data.organization;
  const action = { type: 'Action.OpenUrl', title: 'Audit log', url: `${publicUrl}/organizations/${slug}/audit-log/` } as const;
  const withLines = (count: number) => {
    const lines = events.slice(0, count).map((event) => textBlock(describeEvent(event)));
    const more = events.length > count ? [textBlock(`and ${events.length - count} more changes`)] : [];
    return cardMessage([{ ...textBlock(slug), weight: 'bolder' }, ...lines, ...more], [action]);
  };
  let count = linesMax;
  let message = withLines(count);
  while (count > 1 && Buffer.byteLength(JSON.stringify(message)) > bytesMax) message = withLines(--count);
  return message;
}

export function testMessage(slug: string, publicUrl: string): TeamsMessage {
  return cardMessage(
    [textBlock(`Messages about ${slug} will be posted here.`)],
    [{ type: 'Action.OpenUrl', title: 'Console', url: publicUrl }],
  );
}

function cardMessage(body: AdaptiveCard['body'], actions: AdaptiveCard['actions']): TeamsMessage {
  const $schema = 'http://adaptivecards.io/schemas/adaptive-card.json';
  const content = { $schema, type: 'AdaptiveCard', version: '1.4', body, actions } as const;
  return { type: 'message', attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }] };
}

/**
 * A paragraph. Cards render Markdown, and the texts contain names that people chose. An invisible
 * space between the brackets of a link keeps it from leading to another address than it shows.
 */
function textBlock(text: string): TextBlock {
  return { type: 'TextBlock', text: text.slice(0, lineLengthMax).replaceAll('](', ']\u200b('), wrap: true };
}
