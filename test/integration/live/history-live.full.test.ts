import { startEmbeddedServer } from '../../support/server.ts';
import { describeFollowedHistory } from './history-live.suite.ts';

describeFollowedHistory('the embedded database', startEmbeddedServer);
