export type { RedisClient } from './bus/redis-clients.ts';
export { createRollcall, type Rollcall, type RollcallOptions } from './compose/create-rollcall.ts';
export { type Config, ConfigError, parseConfig } from './config.ts';
export { DataDirInUseError } from './database/connections/data-dir-lock.ts';
export { StartupError } from './runtime/startup-error.ts';
