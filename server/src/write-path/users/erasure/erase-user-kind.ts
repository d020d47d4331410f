import * as z from 'zod';
import type { JobKind } from '../../../jobs/job.ts';

const paramsSchema = z.object({ userId: z.string() });
export type EraseUserParams = z.infer<typeof paramsSchema>;

/** The job of an accepted erasure, whose subject is the id of the user. */
export const eraseUserKind: Pick<JobKind<EraseUserParams, never>, 'kind' | 'ifOpen' | 'paramsSchema'> = {
  kind: 'erase-user',
  ifOpen: 'join',
  paramsSchema,
};
