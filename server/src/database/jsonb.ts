import type { ColumnType } from 'kysely';

/** A jsonb column: parsed when it is read, text when it is written. */
export type Jsonb<T> = ColumnType<T, string, string>;
