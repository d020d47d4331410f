export declare const turns: {
  /** Milliseconds of CPU time of this process so far. */
  spentMs(): number;
  start(): void;
  /** Returns the milliseconds of the longest turn since the start. */
  stop(): number;
};
