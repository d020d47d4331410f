import * as z from 'zod';
import { dateTime, id, named } from './shape.ts';

/** REST contract 13.16. */
export const exportShape = named(
  'Export',
  'An export of an organization.',
  z.object({
    id: id.describe('Id of the export.'),
    dateCreated: dateTime.describe('When the export was requested.'),
    expiresAt: dateTime.describe('The file is removed at this time.'),
    status: z.enum(['running', 'done', 'failed']).describe('`done` if the file can be downloaded.'),
    revision: z.int().nullable().describe('The revision of the organization in the file. Null until the file is complete.'),
    counts: z
      .record(z.string(), z.int())
      .nullable()
      .describe(
        'Number of lines of each kind of record, of `audit` and of `entry`, and of `identities`, whose contents are not exported. Null until the file is complete.',
      ),
    sha256: z
      .string()
      .nullable()
      .describe(
        'SHA-256 of all lines before the last one, uncompressed and with their line endings. The last line contains it. Null until the file is complete.',
      ),
    bytes: z.int().nullable().describe('Size of the compressed file. Null until the file is complete.'),
    error: z.string().nullable().describe('Why the last attempt failed.'),
  }),
);

export const newExportShape = named(
  'NewExport',
  'An export that was requested.',
  z.object({ id: id.describe('Id of the export, whose state `readExport` returns.') }),
);

export const exportFileShape = named('ExportFile', 'The file of an export: JSON Lines, compressed by gzip.', z.string());

export const importedOrganizationShape = named(
  'ImportedOrganization',
  'The organization that an import created.',
  z.object({
    organization: z
      .object({ id: id.describe('Id of the organization.'), slug: z.string().describe('Slug of the organization.') })
      .describe('The new organization.'),
    revision: z.int().describe('The organization’s revision after the import.'),
    counts: z.record(z.string(), z.int()).describe('Number of records of each kind that were created.'),
    skipped: z.record(z.string(), z.int()).describe('Number of lines of each kind that an import does not create.'),
  }),
);
