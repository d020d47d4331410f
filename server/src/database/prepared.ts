import type { CompiledQuery } from 'kysely';
import type { Db } from './database.ts';

class Placeholder {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

/**
 * A statement that is built and compiled at its first use, and later runs with other values only: for what nearly every
 * request reads, where building costs more than PostgreSQL takes to answer.
 * @param build is run once and gets placeholders, so it must hand the values on as they are and decide nothing by them
 */
export function prepared<Values extends readonly unknown[], Row>(
  build: (db: Db, ...values: Values) => CompiledQuery<Row>,
): (db: Db, ...values: Values) => Promise<Row[]> {
  let compiled: CompiledQuery<Row> | null = null;
  return async (db, ...values) => {
    compiled ??= build(db, ...(values.map((_, index) => new Placeholder(index)) as unknown as Values));
    const parameters = compiled.parameters.map((parameter) => (parameter instanceof Placeholder ? values[parameter.index] : parameter));
    return (await db.executeQuery<Row>({ ...compiled, parameters })).rows;
  };
}
