import { escapeHtml } from '../../../runtime/text/escape-html.ts';

/** Renders a line of a description, in which only `code` has a format of its own. */
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

/** Renders a path, which may wrap after each slash. */
export function path(text: string): string {
  return `<code class="path">${escapeHtml(text)
    .replaceAll('/', '/<wbr>')
    .replaceAll(/\{\w+\}/g, '<i>$&</i>')}</code>`;
}
