import * as z from 'zod/mini';

/** The parts of an organization's state that a client can subscribe to. */
export const collections = [
  'organization',
  'members',
  'teams',
  'projects',
  'invites',
  'tokens',
  'audit',
  'keys',
  'requests',
  'settings',
  'security',
  'outlets',
] as const;
export const collectionSchema = z.enum(collections);
export type Collection = z.infer<typeof collectionSchema>;
