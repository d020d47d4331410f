import { startServer } from '../../support/server.ts';
import { describeFollowedHistory } from './history-live.suite.ts';

describeFollowedHistory('PostgreSQL', startServer);
