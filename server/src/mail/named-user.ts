import * as z from 'zod';

/**
 * The id of the user whose name is another parameter. The erasure of the user finds the queued mail
 * by it. Null if the name is not that of a user. Mails of older versions have none.
 */
export const namedUserSchema = z.string().nullish();
