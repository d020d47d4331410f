import { readdirSync } from 'node:fs';
import { listFiles, readChapters, readSource, repository } from '../source-files.ts';
import { formerWords } from './former-words.ts';
import { type Finding, lineAt, type Prose } from './prose.ts';
import { type CodeProse, readCode } from './read-code.ts';
import { readHashComments, readMarkdown, readStyleComments } from './read-text.ts';
import { problemOfTitle } from './test-titles.ts';
import { wideLines } from './wide-lines.ts';

/**
 * The word list itself, migrations, whose text is frozen, and results of a quick bench, which git
 * ignores.
 */
const exempt = /^(bench\/quick\/.*|test\/support\/prose\/former-words\.ts|test\/architecture\/prose\.test\.ts|migrations\/src\/\d.*)$/;

const code = /\.(tsx?|mjs|cjs|js)$/;
const hashComments = /(\.(py|ya?ml|conf|tf)|\.env\.example|Dockerfile|\.ci\/run)$/;

export function listProseFiles(): string[] {
  const entries = readdirSync(repository, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory() && !/^(node_modules|\.(?!ci$).*)$/.test(entry.name));
  const rootFiles = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  return [...rootFiles, ...folders.flatMap(({ name }) => listFiles(name, ''))].filter(
    (file) => (code.test(file) || hashComments.test(file) || /\.(md|css)$/.test(file)) && !exempt.test(file),
  );
}

export function findIn(file: string): Finding[] {
  return findInSource(file, readSource(file));
}

export function findInSource(file: string, source: string): Finding[] {
  const { prose, titles } = readProse(file, source);
  const problems = [
    ...prose.filter((one) => !isContract(one)).flatMap(findFormerWords),
    ...titles.map((title) => ({ at: title.start, problem: problemOfTitle(title) })),
    ...prose.flatMap((one) => wideLines(one, source)),
  ];
  return problems
    .filter((one): one is { at: number; problem: string } => one.problem !== null)
    .map(({ at, problem }) => ({ file, line: lineAt(source, at), problem }))
    .sort((a, b) => a.line - b.line);
}

/** Quotes the texts that are fixed for clients of Sentry. */
const contract = readChapters('docs/rest-contract');

function isContract({ kind, text }: Prose): boolean {
  return kind === 'message' && contract.includes(text.trim().replaceAll("\\'", "'"));
}

function readProse(file: string, source: string): CodeProse {
  if (code.test(file)) return readCode(file, source);
  const prose = file.endsWith('.md') ? readMarkdown(source) : file.endsWith('.css') ? readStyleComments(source) : readHashComments(source);
  return { prose, titles: [] };
}

function findFormerWords({ kind, text, start }: Prose) {
  return formerWords.flatMap(({ pattern, use, kinds }) => {
    if (kinds && !kinds.includes(kind)) return [];
    return [...text.matchAll(pattern)].map(({ index, 0: match }) => {
      const at = start + index + match.search(/\w/);
      return { at, problem: `${kind}: "${match.trim().replace(/\s+/g, ' ')}" → ${use}` };
    });
  });
}
