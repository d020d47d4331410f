import { DOMParser } from '@xmldom/xmldom';

/** An element of a parsed document. Comments and processing instructions are not part of it. */
export interface XmlElement {
  readonly namespace: string | null;
  /** Without the prefix. */
  readonly name: string;
  /** The keys are names as written, with their prefixes. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The text and CDATA directly inside this element. */
  readonly text: string;
}

export const namespaces = {
  assertion: 'urn:oasis:names:tc:SAML:2.0:assertion',
  protocol: 'urn:oasis:names:tc:SAML:2.0:protocol',
  metadata: 'urn:oasis:names:tc:SAML:2.0:metadata',
  signature: 'http://www.w3.org/2000/09/xmldsig#',
  encryption: 'http://www.w3.org/2001/04/xmlenc#',
} as const;

/** SAML nests about 15 levels. The limit keeps recursion shallow. */
const depthMax = 50;

const nodeTypes = { element: 1, text: 3, cdata: 4 } as const;

/** The text is not well-formed, or nested too deeply. */
export class XmlError extends Error {}

/**
 * The root element. This is the parser of the SAML library, so that both see the same document. Its
 * warnings are errors here, because it only warns of several violations of XML.
 * @throws XmlError
 */
export function parseXml(text: string): XmlElement {
  const parser = new DOMParser({
    errorHandler: (level, message) => {
      throw new XmlError(`${level}: ${String(message).split('\n', 1)[0]}`);
    },
  });
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
  return readElement(roots[0] as Element, 1);
}

function readElement(element: Element, depth: number): XmlElement {
  if (depth > depthMax) throw new XmlError('The document is nested too deeply.');
  const nodes = nodesOf(element);
  return {
    namespace: element.namespaceURI,
    name: element.localName,
    attributes: new Map(
      Array.from({ length: element.attributes.length }, (_, at) => element.attributes[at]!).map((one) => [one.name, one.value]),
    ),
    children: nodes.filter(({ nodeType }) => nodeType === nodeTypes.element).map((child) => readElement(child as Element, depth + 1)),
    text: nodes
      .filter(({ nodeType }) => nodeType === nodeTypes.text || nodeType === nodeTypes.cdata)
      .map(({ nodeValue }) => nodeValue ?? '')
      .join(''),
  };
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
