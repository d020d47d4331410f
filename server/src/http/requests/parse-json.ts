import { randomUUID } from 'node:crypto';
import { OrgError } from '@rollcall/protocol';
import { transferLimits } from '../../runtime/limits/rows/transfers.ts';
import { awaitStep, bytesPerStep } from './await-step.ts';
import { endOfPiece, type JsonSteps, type LongArray, lengthOf, scanJson, type TextRange } from './scan-json.ts';
import { tooLarge } from './too-large.ts';

export interface JsonBodyLimits {
  /** The parts of JSON. Default: `transferLimits.bodyParts`. */
  readonly partsMax?: number | undefined;
  /** The bytes besides the longest text that is the value of a name. Default: any number. */
  readonly restBytesMax?: number | undefined;
}

export const bodySteps: JsonSteps = { partsPerStepMax: transferLimits.bodyParts.value, bytesPerStep };

/**
 * Parses JSON. If an array or a text of the outermost value is long, other requests are handled
 * between its pieces.
 * @throws OrgError `invalid`, `too-large`; the reason of the signal
 */
export async function parseJson(
  bytes: Buffer,
  { partsMax = transferLimits.bodyParts.value, restBytesMax }: JsonBodyLimits = {},
  steps: JsonSteps = bodySteps,
): Promise<unknown> {
  const { array, text } = await scanJson(bytes, { levelsMax: transferLimits.bodyDepth.value, partsMax, ...steps });
  if (restBytesMax !== undefined && bytes.length - lengthOf(text) > restBytesMax) throw tooLarge();
  const parts: LongPart[] = [];
  if (array) parts.push({ ...array, isArray: true, parse: () => parseElements(bytes, array, steps) });
  if (lengthOf(text) > steps.bytesPerStep) parts.push({ ...text!, isArray: false, parse: () => parseContent(bytes, text!, steps) });
  return parts.length === 0 ? parseText(bytes.toString('utf8')) : parseInSteps(bytes, parts, steps);
}

/** The elements of an array, or the content of a text. */
interface LongPart {
  readonly start: number;
  readonly end: number;
  readonly isArray: boolean;
  /** The array or the text. */
  parse(): Promise<unknown>;
}

/** The rest is parsed first, with a mark in place of each long part. */
async function parseInSteps(bytes: Buffer, parts: readonly LongPart[], { signal }: JsonSteps): Promise<unknown> {
  await awaitStep(signal);
  let rest = '';
  let at = 0;
  const marked = parts.map((part) => ({ ...part, mark: randomUUID() })).toSorted((a, b) => a.start - b.start);
  for (const { start, end, isArray, mark } of marked) {
    rest += `${bytes.toString('utf8', at, start)}${isArray ? `"${mark}"` : mark}`;
    at = end;
  }
  const whole = parseText(rest + bytes.toString('utf8', at)) as Record<string, unknown>;
  for (const { isArray, mark, parse } of marked) {
    const value = await parse();
    // There is none if a later value of the same name replaced it.
    const name = Object.keys(whole).find((key) => (isArray ? (whole[key] as unknown[] | null)?.[0] : whole[key]) === mark);
    if (name !== undefined) whole[name] = value;
  }
  await awaitStep(signal);
  return whole;
}

async function parseElements(bytes: Buffer, { start, commas, end }: LongArray, { signal }: JsonSteps): Promise<unknown[]> {
  const elements: unknown[] = [];
  let pieceStart = start;
  for (const pieceEnd of [...commas, end]) {
    await awaitStep(signal);
    const piece = parseText(`[${bytes.toString('utf8', pieceStart, pieceEnd)}]`) as unknown[];
    // A comma must be followed by an element.
    if (piece.length === 0) throw new OrgError('invalid', 'JSON parse error - an array ends with a comma');
    for (const element of piece) elements.push(element);
    pieceStart = pieceEnd + 1;
  }
  return elements;
}

async function parseContent(bytes: Buffer, { start, end }: TextRange, { bytesPerStep, signal }: JsonSteps): Promise<string> {
  const pieces: string[] = [];
  for (let at = start; at < end; ) {
    await awaitStep(signal);
    const pieceEnd = endOfPiece(bytes, { start: at, end }, bytesPerStep);
    pieces.push(parseText(`"${bytes.toString('utf8', at, pieceEnd)}"`) as string);
    at = pieceEnd;
  }
  await awaitStep(signal);
  return pieces.join('');
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch (error) {
    throw new OrgError('invalid', `JSON parse error - ${(error as Error).message}`);
  }
}
