import { randomUUID } from 'node:crypto';
import { OrgError } from '@rollcall/protocol';
import { systemClock, yieldToLoop } from '../../runtime/clock.ts';
import { bodyDepthMax, bodyPartsMax } from '../limits/http-limits.ts';
import { type LongArray, scanJson } from './scan-json.ts';

/**
 * Parses JSON. If an array of the outermost value is long, other requests are handled between its
 * pieces.
 * @throws OrgError `invalid`
 */
export async function parseJson(bytes: Buffer, partsMax = bodyPartsMax): Promise<unknown> {
  const long = scanJson(bytes, { levelsMax: bodyDepthMax, partsMax, partsPerStepMax: bodyPartsMax });
  return long ? parseInSteps(bytes, long) : parseText(bytes.toString('utf8'));
}

/** The rest is parsed first, with a mark in place of the array's elements. */
async function parseInSteps(bytes: Buffer, { start, commas, end }: LongArray): Promise<unknown> {
  const mark = randomUUID();
  const whole = parseText(`${bytes.toString('utf8', 0, start)}"${mark}"${bytes.toString('utf8', end)}`) as object;
  // There is none if a later value of the same name replaced it.
  const array = Object.values(whole).find((value): value is unknown[] => Array.isArray(value) && value[0] === mark) ?? [];
  array.length = 0;
  const ends = [...commas, end];
  for (const [index, pieceEnd] of ends.entries()) {
    await yieldToLoop(systemClock);
    const pieceStart = index === 0 ? start : commas[index - 1]! + 1;
    const piece = parseText(`[${bytes.toString('utf8', pieceStart, pieceEnd)}]`) as unknown[];
    // A comma must be followed by an element.
    if (piece.length === 0) throw new OrgError('invalid', 'JSON parse error - an array ends with a comma');
    for (const element of piece) array.push(element);
  }
  return whole;
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch (error) {
    throw new OrgError('invalid', `JSON parse error - ${(error as Error).message}`);
  }
}
