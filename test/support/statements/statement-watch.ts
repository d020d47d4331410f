import path from 'node:path';
import { type CompiledQuery, DefaultQueryCompiler, type QueryId, type RootOperationNode } from 'kysely';
import { type Exception, exceptions } from './exceptions.ts';
import { findUnconstrained } from './find-unconstrained.ts';
import { organizationTables } from './organization-tables.ts';

/**
 * Every statement that a server in this process compiles is checked after all tests: on a table of
 * organizations, it must name the organization. `exceptions` lists what may do otherwise.
 */

/** The statements since the last check, each with the stack of its first compilation. */
const waiting = new Map<string, Error>();
/** Parsing takes far longer than compiling, and tests repeat most statements. */
const known = new Map<string, Promise<readonly string[]>>();
const repository = path.resolve(import.meta.dirname, '../../..');

export function watchStatements(): void {
  const compile = DefaultQueryCompiler.prototype.compileQuery;
  DefaultQueryCompiler.prototype.compileQuery = function compileWatched<R>(node: RootOperationNode, id: QueryId): CompiledQuery<R> {
    const compiled = compile.call(this, node, id) as CompiledQuery<R>;
    if (!waiting.has(compiled.sql)) waiting.set(compiled.sql, new Error());
    return compiled;
  };
}

/** A line for each statement since the last call that doesn't name the organization of its rows. */
export async function takeUnconstrained(allowed: readonly Exception[] = exceptions): Promise<string[]> {
  const statements = [...waiting];
  waiting.clear();
  const lines: string[] = [];
  for (const [text, { stack }] of statements) {
    const file = senderIn(stack!);
    if (file === null) continue;
    const exempt = new Set(allowed.flatMap(({ tables }) => tables[file] ?? []));
    const key = `${[...exempt].join()} ${text}`;
    if (!known.has(key)) known.set(key, findUnconstrained(text, organizationTables, exempt));
    const tables = await known.get(key)!;
    if (tables.length > 0)
      lines.push(`${file} names rows of ${tables.join(', ')} without their organization: ${text.replace(/\s+/g, ' ').trim()}`);
  }
  return lines;
}

/** These compile statements for their callers. */
const passOn = ['server/src/database/prepared.ts', 'server/src/database/delete-in-batches.ts'];

/** The server's file that made the statement, or null if a test or a migration did. */
function senderIn(stack: string): string | null {
  for (const line of stack.split('\n')) {
    const file = /(?:file:\/\/)?(\/[^:)]+):\d+:\d+\)?$/.exec(line)?.[1];
    if (!file || file.includes('/node_modules/') || file === import.meta.filename) continue;
    const name = path.relative(repository, file);
    if (name.startsWith('..') || passOn.includes(name)) continue;
    return name.startsWith('server/src/') ? name : null;
  }
  return null;
}
