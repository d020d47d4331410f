import { apiLimits } from '@rollcall/protocol';
import type { UpdateOrganization } from '../../write-path/commands/organizations/update-organization.ts';
import { awaitStep, bytesPerStep } from './await-step.ts';

/** Images in JSON bodies. */

export type Image = NonNullable<UpdateOrganization['avatar']>;

/** Base64 has four characters for three bytes. */
export const base64LengthMax = Math.ceil(apiLimits.imageBytesMax / 3) * 4;

/**
 * The first bytes of files of each type. Other types are not served as images: an SVG may contain a
 * program.
 */
const beginnings = [
  { contentType: 'image/png', bytes: Buffer.from('89504e470d0a1a0a', 'hex') },
  { contentType: 'image/jpeg', bytes: Buffer.from('ffd8ff', 'hex') },
  { contentType: 'image/gif', bytes: Buffer.from('GIF87a', 'latin1') },
  { contentType: 'image/gif', bytes: Buffer.from('GIF89a', 'latin1') },
] as const;

/** Characters of base64 that contain the longest beginning. */
const charactersOfBeginning = 12;

/** An image whose bytes are not decoded yet. */
export interface EncodedImage {
  readonly contentType: Image['contentType'];
  readonly base64: string;
}

/**
 * The type is determined from the first bytes, independently of any name. Null for anything but a
 * PNG, JPEG or GIF.
 */
export function readImage(base64: string): EncodedImage | null {
  const text = base64.trim();
  const first = Buffer.from(text.slice(0, charactersOfBeginning), 'base64');
  const found = beginnings.find(({ bytes }) => first.subarray(0, bytes.length).equals(bytes));
  return found ? { contentType: found.contentType, base64: text } : null;
}

/** Characters of base64 that are checked together, so that little of another text is decoded. */
const charactersPerCheck = 64 * 1024;

/**
 * Decodes an image, with other requests handled between its pieces. Returns null for invalid
 * base64, which Node accepts silently. The result is encoded again for comparison, because a
 * regular expression over millions of characters may overflow the stack.
 */
export async function decodeImage({ contentType, base64 }: EncodedImage): Promise<Image | null> {
  const bytes = Buffer.allocUnsafe(Math.ceil(base64.length / 4) * 3);
  let length = 0;
  for (let at = 0; at < base64.length; at += charactersPerCheck) {
    if (at > 0 && at % bytesPerStep === 0) await awaitStep();
    const piece = base64.slice(at, at + charactersPerCheck);
    const start = length;
    length += bytes.write(piece, start, 'base64');
    const written = bytes.toString('base64', start, length);
    const isLast = at + charactersPerCheck >= base64.length;
    // Padding is allowed at the end only, and may be absent.
    const isValid = isLast ? /^={0,2}$/.test(written.slice(piece.length)) : !written.endsWith('=');
    if (!isValid || !written.startsWith(piece)) return null;
  }
  return { contentType, bytes: bytes.subarray(0, length) };
}
