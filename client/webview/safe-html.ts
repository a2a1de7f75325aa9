const elements = new Set(
  'b br button circle div g i input label line option p path polygon polyline rect select span svg table tbody td text th tr'.split(
    ' ',
  ),
);
const attributes = new Set(
  'checked class cx cy d fill fill-opacity for height id max min name points r rx ry selected step stroke stroke-dasharray stroke-opacity stroke-width style tabindex title transform type value viewbox width x x1 x2 xmlns y y1 y2'.split(
    ' ',
  ),
);

/**
 * Stands in for every `innerHTML =` of JSROOT: its menus and dialogs build html around names that come from the notebook.
 * What is not plain structure (scripts, handlers, links, images) is left out.
 */
export const setSafeHtml = (target: Element, html: string | null): void => {
  const source = new DOMParser().parseFromString(html ?? '', 'text/html');
  target.replaceChildren(...[...source.body.childNodes].flatMap(copy));
};

const copy = (node: Node): Node[] => {
  if (node instanceof Text) return [document.createTextNode(node.data)];
  if (!(node instanceof Element) || !elements.has(node.localName)) return [];
  const twin = document.createElementNS(node.namespaceURI, node.localName);
  for (const { name, value } of node.attributes)
    if (attributes.has(name.toLowerCase()) && !/url\s*\(|\\/i.test(value)) twin.setAttribute(name, value);
  twin.append(...[...node.childNodes].flatMap(copy));
  return [twin];
};
