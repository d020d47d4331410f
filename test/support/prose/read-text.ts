import { mask, maskCodeSpans, type Prose } from './prose.ts';

/** Targets of links, which cannot be wrapped. */
export const links = /(?<=\])\([^)\s]*\)|<?https?:[^\s)>]*>?/g;

/** The text of a Markdown document, without code and the targets of links. */
export function readMarkdown(source: string): Prose[] {
  const masked = [
    (text: string) => mask(text, /<!-- prose: off[\s\S]*?prose: on -->/g, ' '),
    (text: string) => mask(text, /^( *)```[\s\S]*?^\1```/gm, ' '),
    maskCodeSpans,
    (text: string) => mask(text, links, '`'),
  ].reduce((text, step) => step(text), source);
  return [{ kind: 'document', start: 0, text: masked }];
}

/** Comments that begin with `#`, each block of lines as one text. */
export function readHashComments(source: string): Prose[] {
  return [...source.matchAll(/(?:^[ \t]*#(?!!).*\n?)+/gm)].map(({ index, 0: text }) => ({
    kind: 'comment',
    start: index,
    text: maskCodeSpans(mask(text, /^[ \t]*#/gm, ' ')),
  }));
}

export function readStyleComments(source: string): Prose[] {
  return [...source.matchAll(/\/\*[\s\S]*?\*\//g)].map(({ index, 0: text }) => ({
    kind: 'comment',
    start: index,
    text: maskCodeSpans(text.replace(/^\/\*|\*\/$/g, '  ')),
  }));
}
