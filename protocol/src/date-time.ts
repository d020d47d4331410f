import * as z from 'zod/mini';

/**
 * ISO 8601 in UTC with microseconds, the precision of PostgreSQL: `2020-09-14T17:28:14.933511Z`.
 */
export const dateTimeSchema = z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/));
