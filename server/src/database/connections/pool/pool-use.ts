import type { Pool } from 'pg';
import type { PoolUse } from '../../database.ts';

/** Sums the connections of all pools. */
export function readPoolUse(...pools: readonly Pool[]): PoolUse {
  const sum = (read: (pool: Pool) => number) => pools.reduce((total, pool) => total + read(pool), 0);
  return { total: sum((pool) => pool.totalCount), idle: sum((pool) => pool.idleCount), waiting: sum((pool) => pool.waitingCount) };
}
