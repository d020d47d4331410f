import * as z from 'zod';
import type { JobKind } from '../../../jobs/job.ts';

const paramsSchema = z.object({ userId: z.string() });
export type EraseUserParams = z.infer<typeof paramsSchema>;

const progressSchema = z.object({
  /** The organizations that refuse. They are tried again after all others. */
  refused: z.array(z.string()),
});
export type EraseUserProgress = z.infer<typeof progressSchema>;

/** The job of an accepted erasure, whose subject is the id of the user. */
export const eraseUserKind: JobKind<EraseUserParams, EraseUserProgress> = {
  kind: 'erase-user',
  ifOpen: 'join',
  isReport: true,
  paramsSchema,
  progressSchema,
};
