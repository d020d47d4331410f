import type { ResponseOf, signOnTestShape, startedSignOnTestShape } from './shapes/index.ts';

export type StartedSignOnTest = ResponseOf<typeof startedSignOnTestShape>;
export type SignOnTest = ResponseOf<typeof signOnTestShape>;
