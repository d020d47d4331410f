import * as z from 'zod';
import { quoteName } from '../runtime/name-text.ts';

/** A template's parameter that a person chose: a name or an address. It is quoted before the template composes with it. */
export const quotedSchema = z.string().transform(quoteName);
