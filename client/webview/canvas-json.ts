import { UnreadableCanvas, largestJson } from './unzip.ts';

/** A JSON value whose members are looked at one by one. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = Readonly<Record<string, unknown>>;

const deepest = 100;
const mostElements = 20_000_000;
const mostObjects = 2_000_000;
/** More bins or points along one direction than any plot shows. */
const mostBins = 5_000_000;

/**
 * Parses what TBufferJSON wrote and refuses what would hang or exhaust whoever draws it. The result is still raw: references
 * and packed arrays are as they were written.
 * @throws {UnreadableCanvas}
 */
export const parseCanvas = (text: string): JsonObject => {
  if (text.length > largestJson) throw new UnreadableCanvas('The plot has too much data to draw.');
  const value = parse(text);
  if (!isObject(value) || typeof value['_typename'] !== 'string')
    throw new UnreadableCanvas('The output holds no ROOT object.');
  check(value, { objects: 0, elements: 0 }, 0);
  return value;
};

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new UnreadableCanvas('The data of the plot is damaged.', { cause });
  }
};

interface Count {
  objects: number;
  elements: number;
}

const check = (value: unknown, count: Count, depth: number): void => {
  if (typeof value !== 'object' || value === null) return;
  if (depth > deepest) throw new UnreadableCanvas('The data of the plot is nested too deeply.');
  if (Array.isArray(value)) {
    count.elements += value.length;
    for (const item of value) check(item, count, depth + 1);
  } else {
    count.objects++;
    // SAFETY: not an array and not null.
    checkObject(value as Record<string, unknown>, count, depth);
  }
  if (count.objects > mostObjects || count.elements > mostElements)
    throw new UnreadableCanvas('The plot has too much data to draw.');
};

const checkObject = (object: Record<string, unknown>, count: Count, depth: number): void => {
  delete object['__proto__'];
  if ('$arr' in object) count.elements += packedLength(object);
  for (const [name, member] of Object.entries(object)) {
    if (binCounts.has(name) && Number(member) > mostBins)
      throw new UnreadableCanvas('The plot has too many bins to draw.');
    check(member, count, depth + 1);
  }
};

const binCounts = new Set(['fNbins', 'fNcells', 'fNpoints', 'fNpx', 'fNpy', 'fNpz']);

/** A packed array says its length and how often a value is repeated; JSROOT believes both. */
const packedLength = (array: Readonly<Record<string, unknown>>): number => {
  const length = Number(array['len']);
  if (!Number.isInteger(length) || length < 0 || length > mostElements)
    throw new UnreadableCanvas('The plot has too much data to draw.');
  for (const [name, value] of Object.entries(array))
    if (
      /^[np]\d*$/.test(name) &&
      !(Number.isInteger(value) && Number(value) >= (name.startsWith('n') ? 1 : 0) && Number(value) <= length)
    )
      throw new UnreadableCanvas('The data of the plot is damaged.');
  return length;
};
