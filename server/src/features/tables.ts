import type { ArchiveTables } from './archive/tables.ts';
import type { IntegrationTables } from './integrations/tables.ts';
import type { RetentionTables } from './retention/tables.ts';
import type { SingleSignOnTables } from './single-sign-on/tables.ts';

/**
 * The tables that only one feature uses. They are listed here and not in `index.ts`, because the
 * features themselves depend on the schema.
 */
export interface FeatureTables extends ArchiveTables, IntegrationTables, RetentionTables, SingleSignOnTables {}
