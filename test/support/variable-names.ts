import assert from 'node:assert/strict';
import { readSource } from './source-files.ts';

/** The environment variables that `config.ts` parses, from its source: nothing else needs them as a list. */
export const variableNames: readonly string[] = namesIn(readSource('server/src/config.ts'));

function namesIn(source: string): string[] {
  const [, schema] = /^const environmentSchema = z\.object\(\{\n([\s\S]*?)^\}\);/m.exec(source) ?? [];
  assert.ok(schema, 'config.ts has no environmentSchema any more');
  return [...schema.matchAll(/^ {2}([A-Z][A-Z0-9_]*):/gm)].map(([, name]) => name!);
}
