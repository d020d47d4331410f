import type { newScimTokenShape, ResponseOf } from './shapes/index.ts';

export type NewScimToken = ResponseOf<typeof newScimTokenShape>;
