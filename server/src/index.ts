export type { RedisClient } from './bus/redis-clients.ts';
export { createRollcall, type Rollcall } from './compose/create-rollcall.ts';
export type { RollcallOptions } from './compose/rollcall-options.ts';
export { type Config, ConfigError, parseConfig } from './config.ts';
export { DataDirInUseError } from './database/connections/data-dir-lock.ts';
export { StartupError } from './runtime/startup-error.ts';
