import assert from 'node:assert/strict';
import type pg from 'pg';

export interface ReadReceipt {
  readonly outcome: 'complete' | 'partial';
  readonly instances: number;
  /** The instances that did not confirm. Only in a partial receipt. */
  readonly missing?: number;
  readonly ended: number;
  readonly ms: number;
}

/** The receipt in a response's `Rollcall-Applied`. Null if it has none. */
export function readReceipt({ headers }: { readonly headers: Headers }): ReadReceipt | null {
  const text = headers.get('rollcall-applied');
  if (text === null) return null;
  assert.match(text, /^(complete; instances=\d+|partial; instances=\d+; missing=\d+); ended=\d+; ms=\d+$/);
  const [outcome, ...counts] = text.split('; ');
  return { outcome, ...Object.fromEntries(counts.map((count) => [count.split('=')[0], Number(count.split('=')[1])])) } as ReadReceipt;
}

/** Registers an instance that never reports, as one whose process froze. */
export async function addSilentInstance(database: pg.Client): Promise<void> {
  await database.query(`INSERT INTO instances (id, name, seen_at) VALUES ('silent', 'silent', now() + interval '1 minute')`);
}

export async function removeSilentInstance(database: pg.Client): Promise<void> {
  await database.query(`DELETE FROM instances WHERE id = 'silent'`);
}
