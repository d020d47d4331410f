import { idField, stringField } from '../../requests/fields.ts';

/** The fragment of a link in an email: `<id>.<token>`. */
export const linkFields = {
  id: idField().describe('Id from the link in the mail.'),
  token: stringField({ max: 64 }).describe('Token from the link in the mail.'),
};
