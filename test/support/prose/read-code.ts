import { childrenOf, parseCode, type SyntaxNode } from '../syntax-tree.ts';
import { mask, maskCodeSpans, type Prose } from './prose.ts';
import type { TestTitle } from './test-titles.ts';

export interface CodeProse {
  readonly prose: readonly Prose[];
  readonly titles: readonly TestTitle[];
}

/** Comments, test titles and texts of a TypeScript or JavaScript file. */
export function readCode(file: string, source: string): CodeProse {
  const { program, comments } = parseCode(file, source);
  const prose: Prose[] = comments.map(({ start, end }) => ({ kind: 'comment', start, text: maskComment(source.slice(start, end)) }));
  const titles: TestTitle[] = [];

  function visit(node: SyntaxNode, describes: readonly string[]): void {
    if (isSkipped(node)) return;
    const title = titleOf(node, source);
    if (title) {
      titles.push({ ...title, describes });
      prose.push({ kind: 'title', start: title.start, text: title.text });
    }
    const inside = title && !title.isTest ? [...describes, title.text] : describes;
    for (const child of childrenOf(node)) {
      if (title && child.start === title.literalStart) continue;
      if (isText(child)) pushText(child, node);
      visit(child, inside);
    }
  }

  function pushText(node: SyntaxNode, parent: SyntaxNode): void {
    const text = textOf(node, source);
    const kind = kindOf(file, parent);
    if (isSentence(text, kind)) prose.push({ kind, start: node.start, text });
  }

  visit(program, []);
  return { prose, titles };
}

function maskComment(text: string): string {
  const inner = text.replace(/^\/\*\*?|^\/\/+|\*\/$/g, (mark) => ' '.repeat(mark.length));
  return mask(maskCodeSpans(mask(inner, /^[ \t]*\*(?= |$)/gm, ' ')), /https?:\S+/g, '`');
}

/** Code without text for people: imports, types, SQL. */
function isSkipped({ type, tag, source }: SyntaxNode): boolean {
  if (type === 'TaggedTemplateExpression') return (tag as SyntaxNode).name === 'sql';
  return type.startsWith('TSLiteral') || (type.startsWith('Import') && source !== undefined);
}

function isText({ type, value }: SyntaxNode): boolean {
  return type === 'JSXText' || type === 'TemplateLiteral' || (type === 'Literal' && typeof value === 'string');
}

function textOf(node: SyntaxNode, source: string): string {
  const raw = source.slice(node.start, node.end);
  if (node.type === 'JSXText') return raw;
  let text = raw.replace(/^['"`]|['"`]$/g, ' ');
  for (const { start, end } of (node.expressions as SyntaxNode[] | undefined) ?? []) {
    const [from, to] = [start - node.start, end - node.start];
    text = text.slice(0, from) + mask(text.slice(from, to), /./g, '$') + text.slice(to);
  }
  return maskCodeSpans(text);
}

/** In the console a single word is a label; elsewhere it is a key. */
function isSentence(text: string, kind: Prose['kind']): boolean {
  const words = text.match(/[A-Za-z’']+/g)?.length ?? 0;
  return words >= 3 || (kind === 'console' && /^\s*[A-Z]/.test(text));
}

function kindOf(file: string, parent: SyntaxNode): Prose['kind'] {
  if (file.startsWith('dashboard/src/')) return 'console';
  if (/^(server\/src\/http\/openapi|protocol\/src\/rest\/shapes)\//.test(file)) return 'api';
  const key = parent.type === 'Property' ? (parent.key as SyntaxNode).name : calledAs(parent);
  return key === 'describe' || key === 'summary' || key === 'description' ? 'api' : 'message';
}

/** The name of the called function or method, without the modifiers `only` and `skip` of mocha. */
function calledAs(node: SyntaxNode): unknown {
  if (node.type !== 'CallExpression') return;
  const callee = node.callee as SyntaxNode;
  if (callee.type !== 'MemberExpression') return callee.name;
  const property = (callee.property as SyntaxNode).name;
  return property === 'only' || property === 'skip' ? (callee.object as SyntaxNode).name : property;
}

function titleOf(node: SyntaxNode, source: string) {
  const name = calledAs(node);
  if (name !== 'it' && name !== 'describe') return;
  const [first, body] = node.arguments as SyntaxNode[];
  if (!first || !body || !isText(first)) return;
  return { isTest: name === 'it', text: textOf(first, source), start: first.start, literalStart: first.start };
}
