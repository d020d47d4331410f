import { DOMParser } from '@xmldom/xmldom';
import { XmlError } from './xml-error.ts';
import { checkSize, responseLimits, type SizeLimits } from './xml-tokens.ts';

export { XmlError };

/** An element of a parsed document. Comments and processing instructions are not part of it. */
export interface XmlElement {
  readonly namespace: string | null;
  /** The local name, without the namespace prefix. */
  readonly name: string;
  /** The keys are names as written, with their prefixes. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The text and CDATA directly inside this element. */
  readonly text: string;
  /** The element as a document of its own, with the namespaces that it inherits. */
  toXml(): string;
}

export const namespaces = {
  assertion: 'urn:oasis:names:tc:SAML:2.0:assertion',
  protocol: 'urn:oasis:names:tc:SAML:2.0:protocol',
  metadata: 'urn:oasis:names:tc:SAML:2.0:metadata',
  signature: 'http://www.w3.org/2000/09/xmldsig#',
  encryption: 'http://www.w3.org/2001/04/xmlenc#',
} as const;

/** The characters that XML 1.0 forbids. */
const forbidden = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

const nodeTypes = { element: 1, text: 3, cdata: 4 } as const;

/**
 * The root element. This is the parser of the SAML library, so that both see the same document. Its
 * warnings are errors here, because it only warns of several violations of XML.
 * @throws XmlError
 */
export function parseXml(text: string, limits: SizeLimits = responseLimits): XmlElement {
  return readElement(parseElement(text, limits));
}

/**
 * The root element as the parser returns it, for the library.
 * @throws XmlError
 */
export function parseElement(text: string, limits: SizeLimits = responseLimits): Element {
  const parser = new DOMParser({
    errorHandler: (level, message) => {
      throw new XmlError(`${level}: ${String(message).split('\n', 1)[0]}`);
    },
  });
  checkSize(text, limits);
  let document: Document;
  try {
    document = parser.parseFromString(text, 'text/xml');
  } catch (error) {
    if (error instanceof XmlError) throw error;
    throw new XmlError(error instanceof Error ? error.message : String(error));
  }
  const nodes = nodesOf(document);
  const roots = nodes.filter(({ nodeType }) => nodeType === nodeTypes.element);
  const hasText = nodes.some(({ nodeType, nodeValue }) => nodeType === nodeTypes.text && nodeValue?.trim());
  if (roots.length !== 1 || hasText) throw new XmlError('The document needs exactly one root element.');
  return roots[0] as Element;
}

export function readElement(element: Element): XmlElement {
  const nodes = nodesOf(element);
  const attributes = new Map<string, string>();
  for (let at = 0; at < element.attributes.length; at++) {
    const { name, value } = element.attributes[at]!;
    attributes.set(name, readText(value));
  }
  const texts = nodes.filter(({ nodeType }) => nodeType === nodeTypes.text || nodeType === nodeTypes.cdata);
  return {
    namespace: element.namespaceURI,
    name: element.localName,
    attributes,
    children: nodes.filter(({ nodeType }) => nodeType === nodeTypes.element).map((child) => readElement(child as Element)),
    text: readText(texts.map(({ nodeValue }) => nodeValue).join('')),
    toXml: () => String(element),
  };
}

/** Also refuses characters that were written as references, such as `&#0;`. */
function readText(text: string): string {
  if (forbidden.test(text)) throw new XmlError('The document has characters that XML forbids.');
  return text;
}

function nodesOf(parent: Node): Node[] {
  const nodes: Node[] = [];
  for (let node = parent.firstChild; node; node = node.nextSibling) nodes.push(node);
  return nodes;
}

export function isNamed(element: XmlElement, namespace: string, name: string): boolean {
  return element.namespace === namespace && element.name === name;
}

export function childrenNamed(element: XmlElement, namespace: string, name: string): XmlElement[] {
  return element.children.filter((child) => isNamed(child, namespace, name));
}

/** The element itself and everything inside it, in document order. */
export function* elementsIn(element: XmlElement): Generator<XmlElement> {
  yield element;
  for (const child of element.children) yield* elementsIn(child);
}
