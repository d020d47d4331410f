import type { Pool } from 'pg';
import type { PoolUse } from './database.ts';

export function readPoolUse({ totalCount, idleCount, waitingCount }: Pool): PoolUse {
  return { total: totalCount, idle: idleCount, waiting: waitingCount };
}
