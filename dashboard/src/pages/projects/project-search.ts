import { parseSearchQuery } from '@rollcall/client';
import { foldText, wordsTest } from '@rollcall/react/parts';
import type { ProjectRow } from './project-rows.ts';

/**
 * The rows whose slug, name or platform contain all words of the query, in any order, and that
 * match its filters `team:` and `platform:`. `team` is a slug, or empty for all teams.
 */
export function searchProjects(rows: readonly ProjectRow[], query: string, team: string): readonly ProjectRow[] {
  const { text, filters } = parseSearchQuery(query.replace(/(?<=^|\s)(team|platform):\s*(?=\S)/gi, (key) => key.trim().toLowerCase()));
  const hasWords = wordsTest(text);
  const tests = [...filters].map(([key, values]) => testOf(key, values.map(foldText)));
  if (team !== '') tests.push(testOf('team', [team]));
  return rows.filter(
    (row) =>
      hasWords(foldText(`${row.project.slug}\n${row.project.name}\n${row.project.platform ?? ''}`)) && tests.every((test) => test(row)),
  );
}

type Test = (row: ProjectRow) => boolean;

/** Tests a row against a filter. `values` are folded. An unknown key matches no project. */
function testOf(key: string, values: readonly string[]): Test {
  if (key === 'platform') return ({ project }) => values.includes(foldText(project.platform ?? ''));
  if (key !== 'team') return () => false;
  const slugs = new Set(values.map((value) => value.replace(/^#/, '')));
  return ({ teams }) => teams.some(({ slug }) => slugs.has(slug.toLowerCase()));
}
