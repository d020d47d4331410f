import type { CompiledQuery } from 'kysely';
import type { Db } from './database.ts';

class Placeholder {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

/**
 * Builds and compiles a statement at its first use. Later uses only change the values. This is for
 * reads of nearly every request, where building the statement costs more than PostgreSQL needs to
 * run it.
 * @param build runs once and gets placeholders, so it must pass the values on unchanged and must
 * not branch on them
 */
export function prepared<Values extends readonly unknown[], Row>(
  build: (db: Db, ...values: Values) => CompiledQuery<Row>,
): (db: Db, ...values: Values) => Promise<Row[]> {
  let compiled: CompiledQuery<Row> | null = null;
  return async (db, ...values) => {
    compiled ??= build(db, ...(values.map((_, index) => new Placeholder(index)) as unknown as Values));
    const parameters = compiled.parameters.map((parameter) => (parameter instanceof Placeholder ? values[parameter.index] : parameter));
    const { query, queryId, sql } = compiled;
    return (await db.executeQuery<Row>({ query, queryId, sql, parameters })).rows;
  };
}
