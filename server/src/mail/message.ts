import { escapeHtml } from '../runtime/text/escape-html.ts';
import { withoutJoiners } from '../runtime/text/name-text.ts';

/**
 * The content of a mail, without its layout. All of it is plain text, and names in it are quoted
 * already (`quotedSchema`), so a template can forget neither.
 */
export interface Message {
  readonly subject: string;
  /** One paragraph per item. */
  readonly before: readonly string[];
  /** The one action, if there is one. */
  readonly action?: { readonly label: string; readonly url: string };
  readonly after?: readonly string[];
}

export interface RenderedMessage {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly link: string | null;
}

/**
 * Writes a message as text and as HTML with the same content, readable with any font, screen reader
 * or dark background.
 */
export function renderMessage(message: Message): RenderedMessage {
  const title = onOneLine(message.subject);
  return { subject: withoutJoiners(title), text: renderText(message), html: renderHtml(title, message), link: message.action?.url ?? null };
}

/** A header ends at a line break. */
function onOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function renderText({ before, action, after = [] }: Message): string {
  const steps = action ? [`${onOneLine(action.label)}:\n${action.url}`] : [];
  return `${[...before.map(onOneLine), ...steps, ...after.map(onOneLine)].join('\n\n')}\n`;
}

const bodyStyle = 'margin:0 auto;padding:24px;max-width:36em;font:16px/1.5 sans-serif';

function renderHtml(title: string, { before, action, after = [] }: Message): string {
  const steps = action
    ? [
        `<p><a href="${escapeHtml(action.url)}"><strong>${escapeHtml(onOneLine(action.label))}</strong></a></p>`,
        `<p>If the link doesn’t work, copy this URL into your browser:<br>${escapeHtml(action.url)}</p>`,
      ]
    : [];
  const paragraph = (text: string) => `<p>${escapeHtml(onOneLine(text))}</p>`;
  return [
    '<!doctype html>',
    '<html lang="en">',
    `<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title></head>`,
    `<body style="${bodyStyle}">`,
    ...before.map(paragraph),
    ...steps,
    ...after.map(paragraph),
    '</body>',
    '</html>',
    '',
  ].join('\n');
}
