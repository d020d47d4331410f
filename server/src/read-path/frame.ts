import { type Change, changesPerFrameMax } from '@rollcall/protocol';

/** One event, encoded once however many sockets it goes to (rule R7). */
export interface Frame {
  readonly event: 'snapshot' | 'snapshot-end' | 'step' | 'pong' | 'revoked' | 'resync' | 'goodbye';
  /** The payload as JSON text. */
  readonly json: string;
}

export function encodeFrame(event: Frame['event'], payload: unknown): Frame {
  return { event, json: JSON.stringify(payload) };
}

export interface StepHeader {
  readonly org: string;
  readonly from: number;
  readonly to: number;
  readonly cursor: string;
  readonly view?: true;
}

/** A step, in pieces with `more` when it is long. */
export function encodeStep(header: StepHeader, changes: readonly Change[]): Frame[] {
  const frames: Frame[] = [];
  for (let start = 0; start === 0 || start < changes.length; start += changesPerFrameMax) {
    const isLast = start + changesPerFrameMax >= changes.length;
    const piece = { ...header, changes: changes.slice(start, start + changesPerFrameMax) };
    frames.push(encodeFrame('step', isLast ? piece : { ...piece, more: true }));
  }
  return frames;
}
