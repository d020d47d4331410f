import * as z from 'zod';
import { dateTime, id, named } from './shape.ts';

/** REST contract 13.16. */
export const exportShape = named(
  'Export',
  z.object({
    id,
    dateCreated: dateTime,
    expiresAt: dateTime.describe('The file is removed at this time.'),
    status: z.enum(['running', 'done', 'failed']),
    revision: z
      .int()
      .nullable()
      .describe('The revision that the file shows. This and the next three fields are null until the file is complete.'),
    counts: z
      .record(z.string(), z.int())
      .nullable()
      .describe('Number of lines of each kind of record, of `audit` and of `entry`, and of `identities`, whose contents are not exported.'),
    sha256: z.string().nullable().describe('The digest in the last line: of all uncompressed lines before it, with their ends.'),
    bytes: z.int().nullable().describe('Size of the compressed file.'),
    error: z.string().nullable().describe('Why the last attempt failed.'),
  }),
);

export const newExportShape = named('NewExport', z.object({ id }));

export const exportFileShape = named('ExportFile', z.string().describe('JSON Lines, compressed by gzip.'));

export const importedOrganizationShape = named(
  'ImportedOrganization',
  z.object({
    organization: z.object({ id, slug: z.string() }),
    revision: z.int(),
    counts: z.record(z.string(), z.int()).describe('Number of records of each kind that were created.'),
    skipped: z.record(z.string(), z.int()).describe('Number of lines of each kind that an import does not create.'),
  }),
);
