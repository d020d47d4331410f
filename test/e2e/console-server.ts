import { startServer } from '../support/server.ts';
import { startedOnce } from '../support/shared.ts';

/**
 * The server for all tests that do not need one of their own. Each test has its own organizations
 * and users.
 */
export const consoleServer = startedOnce(() => startServer());
