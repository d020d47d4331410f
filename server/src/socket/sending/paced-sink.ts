import type { FrameSink } from '../../read-path/subscriptions/subscription.ts';

/** A connection that is sent long data in parts, no faster than its client reads (rule R9). */
export interface PacedSink extends Pick<FrameSink, 'send' | 'isWritable' | 'whenWritable'> {
  readonly isOver: boolean;
}
