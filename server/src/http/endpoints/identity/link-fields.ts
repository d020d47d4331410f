import { idField, stringField } from '../../requests/fields.ts';

/** The fragment of a link in an email: `<id>.<token>`. */
export const linkFields = { id: idField(), token: stringField({ max: 64 }) };
