import type { UpdateOrganization } from '../write-path/commands/organizations/update-organization.ts';

/** Images as they come within JSON. */

export type Image = NonNullable<UpdateOrganization['avatar']>;

/** As many as Sentry takes, whose pages upload squares of up to 1,024 pixels: a photograph of that size as PNG has one to two million. */
export const imageBytesMax = 5_000_000;

/** Base64 has four characters for three bytes. */
export const base64LengthMax = Math.ceil(imageBytesMax / 3) * 4;

/** How files of each type begin. Nothing else is served as an image: an SVG may hold a program. */
const beginnings = [
  { contentType: 'image/png', bytes: Buffer.from('89504e470d0a1a0a', 'hex') },
  { contentType: 'image/jpeg', bytes: Buffer.from('ffd8ff', 'hex') },
  { contentType: 'image/gif', bytes: Buffer.from('GIF87a', 'latin1') },
  { contentType: 'image/gif', bytes: Buffer.from('GIF89a', 'latin1') },
] as const;

/** The type is what the bytes begin with, whatever they were called. Null for anything but a PNG, JPEG or GIF. */
export function readImage(base64: string): Image | null {
  const bytes = decodeBase64(base64.trim());
  const found = beginnings.find((beginning) => bytes?.subarray(0, beginning.bytes.length).equals(beginning.bytes));
  return bytes && found ? { contentType: found.contentType, bytes } : null;
}

/** Null for what is no base64: Node reads over it. By writing it once more, since a pattern over millions of characters may take more stack than there is. */
function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  const written = bytes.toString('base64');
  return written === text || (written.startsWith(text) && /^={1,2}$/.test(written.slice(text.length))) ? bytes : null;
}
