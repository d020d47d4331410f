import { startServer } from '../support/server.ts';
import { startedOnce } from '../support/shared.ts';

/** One server for all tests that need none of their own: each has organizations and people of its own on it. */
export const consoleServer = startedOnce(() => startServer());
