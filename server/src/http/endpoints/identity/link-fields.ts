import { idField, stringField } from '../../fields.ts';

/** What stands behind the `#` of a link in a mail: `<id>.<token>`. */
export const linkFields = { id: idField(), token: stringField({ max: 64 }) };
