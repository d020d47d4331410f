import * as z from 'zod';
import { quoteName } from '../runtime/text/name-text.ts';

/**
 * A name or address that a person chose, as a parameter of a template. It is quoted before the
 * template uses it.
 */
export const quotedSchema = z.string().transform(quoteName);
