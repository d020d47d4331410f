import { signOnLimits } from '../limits.ts';
import { XmlError } from './xml-error.ts';

/** Reads the tags of a document in linear time, before anything that a hostile document slows. */

export interface SizeLimits {
  readonly elementsMax: number;
  readonly attributesMax: number;
}

/**
 * The parser takes time in the square of the number of elements and namespaces, and the library in
 * that of attributes: minutes for 45,000 empty elements, seconds for 20,000 attributes. A person in
 * 900 groups has 950 elements, of which each has one or two attributes.
 */
export const responseLimits: SizeLimits = {
  elementsMax: signOnLimits.responseElements.value,
  attributesMax: signOnLimits.responseAttributes.value,
};
/** SAML nests about 15 levels. */
const depthMax = 50;
/** Metadata of 256 KiB declares some 200 namespaces. */
const namespaceDeclarationsMax = 2_000;
const tagCharsMax = 4_096;

/** Text, a declaration, CDATA, a comment, a processing instruction or a tag. */
const token =
  /[^<]+|<![A-Z][^[>]*(?:\[[^\]]*\]\s*)?>|<!\[CDATA\[[\s\S]*?\]\]>|<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<(?<end>\/)?(?<name>[^\s<>"'/=!?]+)(?:\s+[^\s<>"'/=]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(?<empty>\/)?>/y;
/**
 * The next attribute of a tag. It begins where the one before it ends: a search would take time in
 * the square of the length of a name.
 */
const attribute = /\s+(?<name>[^\s<>"'/=]+)\s*=\s*(?:"[^"<]*"|'[^'<]*')/y;

interface Tag {
  /** With its prefix. */
  readonly name: string;
  readonly kind: 'start' | 'end' | 'empty';
  /** The characters of the document. */
  readonly from: number;
  readonly to: number;
}

/** @throws XmlError */
function* tagsOf(text: string): Generator<Tag> {
  let at = 0;
  while (at < text.length) {
    token.lastIndex = at;
    const groups = token.exec(text)?.groups;
    if (!groups) throw new XmlError('The document is not well-formed.');
    const from = at;
    at = token.lastIndex;
    if (groups.name === undefined) continue;
    if (at - from > tagCharsMax) throw new XmlError('A tag is too long.');
    yield { name: groups.name, kind: groups.end ? 'end' : groups.empty ? 'empty' : 'start', from, to: at };
  }
}

/** The attributes of a well-formed tag, with their names and as written. */
function* attributesOf(text: string, { name, kind, from }: Tag): Generator<{ readonly name: string; readonly written: string }> {
  let at = from + (kind === 'end' ? '</' : '<').length + name.length;
  for (;;) {
    attribute.lastIndex = at;
    const found = attribute.exec(text);
    if (!found) return;
    at = attribute.lastIndex;
    yield { name: found.groups!.name!, written: found[0] };
  }
}

/** @throws XmlError for a document that is larger than the limits, or not well-formed */
export function checkSize(text: string, { elementsMax, attributesMax }: SizeLimits): void {
  let depth = 0;
  let elements = 0;
  let attributes = 0;
  for (const tag of tagsOf(text)) {
    const { kind } = tag;
    if (kind === 'end') depth--;
    else elements++;
    if (kind === 'start' && ++depth > depthMax) throw new XmlError('The document is nested too deeply.');
    if (elements > elementsMax) throw new XmlError('The document has too many elements.');
    for (const _attribute of attributesOf(text, tag)) attributes++;
    if (attributes > attributesMax) throw new XmlError('The document has too many attributes.');
  }
  if (text.split('xmlns').length > namespaceDeclarationsMax) throw new XmlError('The document declares too many namespaces.');
}

/** An element of a document, with nothing around it but the namespaces that it inherits. */
export interface Excerpt {
  readonly name: string;
  /** A document in which the element is the only child of its only child, and so on. */
  readonly xml: string;
  /** The number of elements around it. */
  readonly depth: number;
}

/**
 * The elements with these local names that are inside of up to eight others, in the order of the
 * document. SAML has signatures and encrypted assertions inside of two at most. Those elsewhere are
 * refused later, with their reason.
 * @param text whose size was checked
 * @param max ends the search. Each excerpt may repeat 64 KB of the tags around it
 * @throws XmlError
 */
export function excerptsOf(text: string, names: readonly string[], max: number): Excerpt[] {
  const excerpts: Excerpt[] = [];
  const open: { readonly name: string; readonly declarations: string }[] = [];
  let found: { readonly name: string; readonly depth: number; readonly from: number } | null = null;
  for (const tag of tagsOf(text)) {
    const { name, kind, from, to } = tag;
    const local = name.slice(name.indexOf(':') + 1);
    if (kind === 'end') {
      open.pop();
    } else {
      if (found === null && open.length <= ancestorsMax && names.includes(local)) found = { name: local, depth: open.length, from };
      if (kind === 'start') open.push({ name, declarations: found === null ? declarationsIn(text, tag) : '' });
    }
    if (found === null || open.length > found.depth) continue;
    const around = open.slice(0, found.depth);
    const start = around.map((one) => `<${one.name}${one.declarations}>`).join('');
    const end = around.map((one) => `</${one.name}>`).toReversed();
    excerpts.push({ name: found.name, depth: found.depth, xml: `${start}${text.slice(found.from, to)}${end.join('')}` });
    if (excerpts.length === max) break;
    found = null;
  }
  return excerpts;
}

const ancestorsMax = 8;

/** The declarations of namespaces in a start tag. */
function declarationsIn(text: string, tag: Tag): string {
  const declarations = [...attributesOf(text, tag)].filter(({ name }) => /^xmlns(:|$)/.test(name));
  return declarations.map(({ written }) => written).join('');
}
