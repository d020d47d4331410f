import { type SamlResponseParts, samlp } from './saml-idp.ts';

/** Elements and attributes within the size of a response, which XPath visits. */
export function hostileExtensions(elements: number, attributesEach: number): string {
  const attributes = Array.from({ length: attributesEach }, (_, index) => `a${index}="v"`).join(' ');
  return `<samlp:Extensions ${samlp}>${`<b ${attributes}/>`.repeat(elements)}</samlp:Extensions>`;
}

/** As large as the limits permit. */
export const largestExtensions: Partial<SamlResponseParts> = { extensions: hostileExtensions(950, 3) };

/** Within the size of a response, with more attributes than the limits permit. */
export const excessiveExtensions: Partial<SamlResponseParts> = { extensions: hostileExtensions(900, 20) };
