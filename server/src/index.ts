export type { RedisClient } from './bus/redis-clients.ts';
export { createRollcall, type Rollcall } from './compose/create-rollcall.ts';
export type { RollcallOptions } from './compose/rollcall-options.ts';
export { ConfigError } from './config/config-error.ts';
export { type Config, parseConfig } from './config.ts';
export { DataDirInUseError } from './database/connections/data-dir-lock.ts';
export { StartupError } from './runtime/startup-error.ts';
