import * as z from 'zod';
import { invalidFields } from '../../domain/field-errors.ts';
import { findOrganization } from '../../read-path/queries/organizations/find-organization.ts';
import { isStorable } from '../../runtime/text/storable-text.ts';
import { rawStringField } from '../requests/fields.ts';
import type { Services } from '../services.ts';

/** The body of a request that starts work which also runs by itself. */
export const jobSchema = z.object({
  organization: rawStringField().optional().describe('The slug or the id. Default: all organizations.'),
});

/** The named organization. Null for all organizations. @throws OrgError `invalid` */
export async function findJobOrganization({ organization }: z.infer<typeof jobSchema>, db: Services['db']): Promise<string | null> {
  if (organization === undefined) return null;
  const found = isStorable(organization) ? await findOrganization(db, organization) : null;
  if (!found) throw invalidFields({ organization: [`There is no organization "${organization}".`] });
  return found.id;
}
