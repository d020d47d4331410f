import { Refused } from './refused.ts';

const base64CharsMax = 256 * 1024;

const xmlDeclaration = /^<\?xml\s+version=(["'])1\.\d\1(\s+encoding=(["'])utf-8\3)?(\s+standalone=(["'])(yes|no)\5)?\s*\?>/i;

/** The XML of a SAML response as it was posted. @throws Refused */
export function decodeResponse(base64: string): string {
  if (base64.length > base64CharsMax) throw new Refused('the response is larger than 256 KiB');
  const chars = base64.replace(/[\r\n]/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(chars) || chars.length % 4 !== 0) throw new Refused('the response is not base64');
  const text = decodeUtf8(Buffer.from(chars, 'base64'));
  checkText(text);
  return text;
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refused('the response is not UTF-8');
  }
}

/**
 * Refuses what XML parsers treat differently: declarations, comments and processing instructions.
 * SAML needs none of them. A comment inside an address can hide a part of it (case S-23).
 */
export function checkText(text: string): void {
  const content = text.replace(xmlDeclaration, '');
  if (/<!(?!--|\[CDATA\[)/.test(content)) throw new Refused('the response has a document type or another declaration');
  if (/<!--/.test(content)) throw new Refused('the response has a comment');
  if (/<\?/.test(content)) throw new Refused('the response has a processing instruction, or is not UTF-8');
}
