import { escapeHtml } from '../../../runtime/escape-html.ts';

/** A line of our descriptions, in which only `code` stands out. */
export function line(text: string): string {
  return text
    .split(/`([^`]+)`/)
    .map((part, index) => (index % 2 === 0 ? escapeHtml(part) : code(part)))
    .join('');
}

export function paragraphs(text: string): string {
  return text
    .split('\n\n')
    .map((paragraph) => `<p>${line(paragraph)}</p>`)
    .join('');
}

export function code(text: string): string {
  return `<code>${escapeHtml(text)}</code>`;
}

/** A path may break after each slash, wherever there is no room for it. */
export function path(text: string): string {
  return `<code class="path">${escapeHtml(text)
    .replaceAll('/', '/<wbr>')
    .replaceAll(/\{\w+\}/g, '<i>$&</i>')}</code>`;
}
