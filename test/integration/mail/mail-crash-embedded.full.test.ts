import { aMigratedDataDir } from '../../support/migrated-data-dir.ts';
import { describeMailOf } from './mail-crash.suite.ts';

describeMailOf('the embedded database', async () => ({ DATA_DIR: await aMigratedDataDir() }));
