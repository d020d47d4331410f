export declare const turns: {
  /** Milliseconds of CPU time of this process so far. */
  spentMs(): number;
  start(): void;
  stop(): void;
  /** Milliseconds of the longest turn between start and stop. */
  longestMs(): number;
};
