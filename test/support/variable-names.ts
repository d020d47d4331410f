import assert from 'node:assert/strict';
import type { SettableLimit } from '../../server/src/runtime/limits/limit.ts';
import { limitTable } from '../../server/src/runtime/limits/limits.ts';
import { readSource } from './source-files.ts';

export const limits: readonly SettableLimit[] = Object.values(limitTable);

/**
 * The environment variables that `config.ts` parses: those in its schema, which are listed nowhere
 * else, and the limits.
 */
export const variableNames: readonly string[] = [...namesIn(readSource('server/src/config.ts')), ...limits.map(({ setting }) => setting)];

function namesIn(source: string): string[] {
  const [, schema] = /^const environmentSchema = z\.object\(\{\n([\s\S]*?)^\}\);/m.exec(source) ?? [];
  assert.ok(schema, 'config.ts has no environmentSchema');
  return [...schema.matchAll(/^ {2}([A-Z][A-Z0-9_]*):/gm)].map(([, name]) => name!);
}
