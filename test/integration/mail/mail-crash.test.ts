import { aMigratedDatabase } from '../../support/migrated-database.ts';
import { describeMailOf } from './mail-crash.suite.ts';

// The same on the embedded database takes another minute, because it waits for the same leases.
describeMailOf('PostgreSQL', async () => ({ DATABASE_URL: (await aMigratedDatabase()).url }));
