import { type Change, changesPerFrameMax } from '@rollcall/protocol';

/** One event, encoded once for any number of sockets (rule R7). */
export interface Frame {
  readonly event:
    | 'access-changed'
    | 'snapshot'
    | 'snapshot-end'
    | 'step'
    | 'pong'
    | 'revoked'
    | 'resync'
    | 'goodbye'
    | 'organizations'
    | 'presence'
    | 'permissions';
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

/** Encodes a step. A long step has several frames, all but the last with `more`. */
export function encodeStep(header: StepHeader, changes: readonly Change[]): Frame[] {
  return joinStep(
    header,
    changes.map((change) => JSON.stringify(change)),
  );
}

/** @param texts the changes as JSON */
export function joinStep(header: StepHeader, texts: readonly string[]): Frame[] {
  const opening = JSON.stringify(header).slice(0, -1);
  const pieces = splitForFrames(texts);
  return pieces.map((piece, index) => {
    const more = index < pieces.length - 1 ? ',"more":true' : '';
    return { event: 'step', json: `${opening},"changes":[${piece.join(',')}]${more}}` };
  });
}

/**
 * Longer frames are split. The limit equals the bytes that a slow socket may have unsent, so one
 * frame never exceeds them.
 */
const frameCharactersMax = 256 * 1024;

/**
 * Splits JSON texts into groups that fit into one frame each. Returns at least one group. A text
 * that is too long gets a frame of its own.
 */
export function splitForFrames(texts: readonly string[]): string[][] {
  let last: string[] = [];
  let characters = 0;
  const pieces = [last];
  for (const text of texts) {
    const isFull = last.length === changesPerFrameMax || characters + text.length > frameCharactersMax;
    if (isFull && last.length > 0) {
      last = [];
      characters = 0;
      pieces.push(last);
    }
    last.push(text);
    characters += text.length;
  }
  return pieces;
}
