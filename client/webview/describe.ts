import { type JsonObject, isObject } from './canvas-json.ts';

/** A plot in words and numbers, for who cannot see it. */
export interface Description {
  /** One sentence. */
  readonly summary: string;
  readonly parts: readonly Part[];
}

export interface Part {
  readonly kind: string;
  readonly name: string;
  readonly title: string;
  readonly facts: readonly Fact[];
}

export type Fact = readonly [label: string, value: string];

/** Describes a canvas or any drawn object, from raw TBufferJSON (references and packed arrays as written). */
export const describe = (canvas: JsonObject): Description => {
  const parts = partsOf(canvas, 0);
  const title = text(canvas, 'fTitle') || text(canvas, 'fName') || 'ROOT canvas';
  const what = parts.map(({ kind, name, title: own }) => `${kind} ${plain(own) || name}`.trim());
  const named = what.slice(0, 5).join(', ') + (what.length > 5 ? ` and ${String(what.length - 5)} more` : '');
  return { summary: named ? `Plot “${plain(title)}”: ${named}` : `Plot “${plain(title)}”`, parts };
};

const decorations = new Set([
  'TFrame',
  'TPaveText',
  'TPaveStats',
  'TStyle',
  'TPaletteAxis',
  'TObjArray',
  'TColor',
  'TExec',
]);
const mostParts = 100;

const partsOf = (holder: JsonObject, depth: number): Part[] =>
  depth > 8
    ? []
    : items(holder, 'fPrimitives')
        .flatMap((object) => {
          if (object['_typename'] === 'TPad' || object['_typename'] === 'TCanvas')
            return partsOf(object, depth + 1);
          return decorations.has(text(object, '_typename')) ? [] : [partOf(object)];
        })
        .slice(0, mostParts);

const partOf = (object: JsonObject): Part => {
  const kind = text(object, '_typename');
  // A legend is always named TPave; a title may carry those of the axes after semicolons.
  const name = kind === 'TLegend' ? '' : text(object, 'fName');
  return { kind, name, title: text(object, 'fTitle').split(';')[0] ?? '', facts: factsOf(kind, object) };
};

const factsOf = (kind: string, object: JsonObject): Fact[] => {
  if (/^T(H[123]|Profile)/.test(kind)) return histogram(kind, object);
  if (/^(TGraph|TCutG|RooHist|RooCurve)/.test(kind)) return graph(object);
  if (kind === 'THStack') return listed(items(object, 'fHists'));
  if (kind === 'TMultiGraph') return listed(items(object, 'fGraphs'));
  if (kind === 'TLegend')
    return items(object, 'fPrimitives').map((entry) => ['entry', plain(text(entry, 'fLabel'))] as const);
  if (/^TF[123]/.test(kind)) return formula(object);
  return [];
};

const histogram = (kind: string, object: JsonObject): Fact[] => {
  const weights = number(object, 'fTsumw');
  const facts: Fact[] = [['entries', show(number(object, 'fEntries'))]];
  const moments = (axis: string, sum: string, squares: string): void => {
    const mean = number(object, sum) / weights;
    if (!Number.isFinite(mean)) return;
    const variance = number(object, squares) / weights - mean * mean;
    facts.push([`mean${axis}`, show(mean)], [`std dev${axis}`, show(Math.sqrt(Math.max(0, variance)))]);
  };
  const dimension = kind.startsWith('TProfile') ? Number(/\d/.exec(kind)?.[0] ?? 1) : Number(kind[2]);
  moments(dimension > 1 ? ' x' : '', 'fTsumwx', 'fTsumwx2');
  if (dimension > 1) moments(' y', 'fTsumwy', 'fTsumwy2');
  if (dimension > 2) moments(' z', 'fTsumwz', 'fTsumwz2');
  if (dimension === 1) facts.push(...outside(object));
  for (const axis of ['fXaxis', 'fYaxis', 'fZaxis'].slice(0, Math.max(2, dimension))) {
    const found = object[axis];
    if (isObject(found) && text(found, 'fTitle'))
      facts.push([`${axis[1]?.toLowerCase() ?? ''} axis`, plain(text(found, 'fTitle'))]);
  }
  const fits = items(object, 'fFunctions').filter((part) => /^TF[123]/.test(text(part, '_typename')));
  return [...facts, ...fits.flatMap((fit): Fact[] => [['fit', text(fit, 'fName')], ...formula(fit)])];
};

const outside = (object: JsonObject): Fact[] => {
  const bins = numbers(object['fArray']);
  const axis = object['fXaxis'];
  if (!bins || bins.length < 2 || !isObject(axis)) return [];
  const first = number(axis, 'fXmin');
  const last = number(axis, 'fXmax');
  return [
    ['bins', `${String(bins.length - 2)} from ${show(first)} to ${show(last)}`],
    ['underflow', show(bins[0] ?? 0)],
    ['overflow', show(bins.at(-1) ?? 0)],
  ];
};

const graph = (object: JsonObject): Fact[] => {
  const facts: Fact[] = [['points', show(number(object, 'fNpoints'))]];
  for (const [label, member] of [
    ['x', 'fX'],
    ['y', 'fY'],
  ] as const) {
    const values = numbers(object[member])?.filter(Number.isFinite);
    if (values?.length) {
      const [least, most] = extremes(values);
      facts.push([label, `${show(least)} to ${show(most)}`]);
    }
  }
  return facts;
};

const extremes = (values: readonly number[]): readonly [number, number] =>
  values.reduce<readonly [number, number]>(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );

const listed = (objects: readonly JsonObject[]): Fact[] =>
  objects.map((object) => {
    const part = partOf(object);
    const inside = part.facts.slice(0, 3).map(([label, value]) => `${label} ${value}`);
    return [part.kind, [plain(part.title) || part.name, ...inside].join(', ')] as const;
  });

const formula = (object: JsonObject): Fact[] => {
  const inner = object['fFormula'];
  const expression = isObject(inner) ? text(inner, 'fFormula') : text(object, 'fTitle');
  const facts: Fact[] = [];
  if (expression) facts.push(['formula', expression.replace(/^\[\]\(double\*x,double\*p\)/, '')]);
  if (isObject(inner)) {
    const values = numbers(inner['fClingParameters']) ?? [];
    const names = Array.isArray(inner['fParams']) ? inner['fParams'] : [];
    const nameOf = (index: number): string =>
      names
        .filter(isObject)
        .reduce(
          (found, pair) => (pair['second'] === index ? text(pair, 'first') : found),
          `p${String(index)}`,
        );
    values.forEach((value, index) => facts.push([nameOf(index), show(value)]));
  }
  return facts;
};

/** The objects of a TList member, whether a list object or a plain array. */
const items = (holder: JsonObject, member: string): JsonObject[] => {
  const list = holder[member];
  const found: unknown = isObject(list) ? list['arr'] : list;
  return Array.isArray(found) ? found.filter(isObject) : [];
};

const text = (object: JsonObject, member: string): string => {
  const value = object[member];
  return typeof value === 'string' ? value : '';
};

const number = (object: JsonObject, member: string): number => {
  const value = object[member];
  return typeof value === 'number' ? value : Number.NaN;
};

const show = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(6))) : 'unknown';

/** Numbers of an array, plain or packed: `{"$arr":"Float64","len":4,"p":1,"v":[2,3]}`. Base64 forms are not read. */
export const numbers = (array: unknown): readonly number[] | undefined => {
  if (Array.isArray(array)) return array.map(Number);
  if (!isObject(array) || typeof array['len'] !== 'number' || 'b' in array) return undefined;
  const values = new Array<number>(array['len']).fill(0);
  let at = 0;
  let value = 0;
  for (const [name, member] of Object.entries(array)) {
    if (/^p\d*$/.test(name)) at = Number(member);
    else if (/^v\d*$/.test(name) && Array.isArray(member))
      for (const item of member) values[at++] = Number(item);
    else if (/^v\d*$/.test(name)) values[at++] = value = Number(member);
    else if (/^n\d*$/.test(name)) for (let times = 1; times < Number(member); times++) values[at++] = value;
  }
  return values;
};

const greek =
  'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi psi omega';
const symbols = new Map(
  greek.split(' ').map((name, index) => [name, String.fromCodePoint(0x3b1 + index + (index > 16 ? 1 : 0))]),
);

const words: Readonly<Partial<Record<string, string>>> = {
  LT: '<',
  GT: '>',
  pm: '±',
  times: '×',
  rightarrow: '→',
  infty: '∞',
  int: '∫',
  sum: '∑',
  sqrt: '√',
  bar: '',
  hat: '',
  frac: '',
};

/** TLatex as it would be read: `#mu` is μ, braces and markers are gone. */
const plain = (latex: string): string =>
  latex
    .replace(/[_^]\{([^{}]*)\}/g, '$1')
    .replace(/#frac\{([^{}]*)\}\{([^{}]*)\}/g, '$1/$2')
    .replace(/#([A-Za-z]+)/g, (_all, name: string) => {
      const letter = symbols.get(name.toLowerCase());
      if (!letter) return words[name] ?? name;
      return /^[A-Z]/.test(name) ? letter.toUpperCase() : letter;
    })
    .replace(/[{}]/g, '')
    .replace(/[_^](?=\S)/g, '')
    .trim();
