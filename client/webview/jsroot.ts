/** The only file that touches JSROOT; loaded when the first plot is shown. */
import { adoptRootColors, getRGBfromTColor, getRootColors } from 'jsroot/colors';
import { gStyle, internals, parse, settings } from 'jsroot/core';
import { type CanvasPainter, type FramePainter, cleanup, draw } from 'jsroot/draw';
import type { JsonObject } from './canvas-json.ts';
import { isObject } from './canvas-json.ts';
import { type Palette, parseColour, themeColour } from './theme.ts';

Object.assign(settings, {
  // Keys belong to the notebook; ours are in the toolbar.
  HandleKeys: false,
  ToolBar: false,
  DragAndDrop: false,
  CanEnlarge: false,
  ProgressBox: false,
  TooltipAnimation: 0,
  PreferSavedPoints: false,
  IgnoreUrlOptions: true,
  UseStamp: false,
});

// Its PDF needs fonts from elsewhere; without this it is not offered.
delete internals['makePDF'];

const usualStyle = structuredClone(gStyle);
const usualColours = [...getRootColors()];

export interface Drawing {
  /** Shows another state of the same canvas, in the same colours, keeping the zoom. False: it has to be drawn anew. */
  update(canvas: JsonObject): Promise<boolean>;
  /** Zooms as `other` is zoomed, which shows the same canvas. */
  zoomLike(other: Drawing): Promise<void>;
  zooms(): readonly Zoom[];
  resize(): Promise<void>;
  unzoom(): Promise<void>;
  image(format: 'png' | 'svg'): Promise<string>;
  close(): void;
}

/** Zoomed ranges of one pad. */
type Zoom = readonly (readonly [axis: 'x' | 'y' | 'z', least: number, most: number])[];

interface Look {
  /** The TStyle that the canvas was made with, if it was saved with it. */
  readonly style: JsonObject | undefined;
  readonly colours: JsonObject;
}

/** Draws `canvas`, as TBufferJSON wrote it, into `element`, which has its final size. The canvas is changed. */
export const drawCanvas = async (
  element: HTMLElement,
  canvas: JsonObject,
  option: string,
  palette: Palette,
): Promise<Drawing> => {
  let look = prepare(canvas, palette);
  const shape = shapeOf(canvas);
  const painter = await oneByOne(look, () =>
    draw(element, canvas, [option, 'LCOL'].filter(Boolean).join(';')),
  );
  return {
    update(next) {
      look = prepare(next, palette);
      return oneByOne(look, async () => {
        // Painters are updated one by one, in order: another list of parts needs other painters.
        if (shapeOf(next) !== shape || !painter.updateObject(next)) return false;
        await painter.redrawPad();
        return true;
      });
    },
    zooms: () => framesOf(painter).map(zoomOf),
    zoomLike: (other) =>
      oneByOne(look, async () => {
        const frames = framesOf(painter);
        for (const [index, zoom] of other.zooms().entries())
          for (const range of zoom) await frames[index]?.zoomSingle(...range);
      }),
    resize: () =>
      oneByOne(look, async () => {
        await painter.redrawPad();
      }),
    unzoom: () => oneByOne(look, () => unzoom(painter)),
    image: (format) => oneByOne(look, () => painter.produceImage(true, format)),
    close() {
      cleanup(element);
    },
  };
};

let last: Promise<unknown> = Promise.resolve();

/** JSROOT has one style and, for what is three-dimensional, one list of colours: plots are drawn one after the other, each with its own. */
const oneByOne = <T>({ style, colours }: Look, task: () => Promise<T>): Promise<T> => {
  const run = last.then(() => {
    Object.assign(gStyle, structuredClone(usualStyle), style);
    adoptRootColors(colours);
    return task();
  });
  last = run.catch(() => undefined);
  return run;
};

const framesOf = (painter: CanvasPainter): readonly FramePainter[] => {
  const frames = new Set<FramePainter>();
  painter.forEachPainterInPad((pad) => {
    const frame = pad.getFramePainter?.();
    if (frame) frames.add(frame);
  }, 'pads');
  return [...frames];
};

const zoomOf = (frame: FramePainter): Zoom =>
  (
    [
      ['x', frame.zoom_xmin, frame.zoom_xmax],
      ['y', frame.zoom_ymin, frame.zoom_ymax],
      ['z', frame.zoom_zmin, frame.zoom_zmax],
    ] as const
  ).filter(([, least, most]) => most > least);

const unzoom = async (painter: CanvasPainter): Promise<void> => {
  for (const frame of framesOf(painter)) await frame.unzoom('xyz');
};

/** Resolves references and sets the colours. */
const prepare = (canvas: JsonObject, palette: Palette): Look => {
  parse(canvas);
  const primitives = canvas['fPrimitives'];
  if (!isObject(primitives) || !Array.isArray(primitives['arr']) || !Array.isArray(primitives['opt']))
    return { style: undefined, colours: themedColours(undefined, palette) };
  const parts: unknown[] = primitives['arr'];
  const options: unknown[] = primitives['opt'];
  const isColours = (part: unknown): boolean =>
    isObject(part) && part['_typename'] === 'TObjArray' && part['name'] === 'ListOfColors';
  const at = parts.findIndex(isColours);
  const list = themedColours(parts[at], palette);
  if (at >= 0) parts[at] = list;
  else {
    parts.push(list);
    options.push('');
  }
  return {
    style: parts.find((part): part is JsonObject => isObject(part) && part['_typename'] === 'TStyle'),
    colours: list,
  };
};

/** A copy, because the colours of a gradient palette are the same objects and stay as they are. */
const themedColours = (list: unknown, palette: Palette): JsonObject => {
  const own = isObject(list) && Array.isArray(list['arr']) ? (list['arr'] as unknown[]) : [];
  const colours = new Map<number, unknown>();
  usualColours.forEach((colour, index) => {
    if (colour) colours.set(index, themed(index, colour, palette));
  });
  for (const colour of own) {
    if (!isObject(colour)) continue;
    const index = Number(colour['fNumber']);
    const css = colour['_typename'] === 'TColor' ? getRGBfromTColor(colour) : null;
    colours.set(index, (css && themed(index, css, palette)) ?? colour);
  }
  return { _typename: 'TObjArray', name: 'ListOfColors', arr: [...colours.values()], opt: [] };
};

const themed = (index: number, css: string, palette: Palette): JsonObject | undefined => {
  const rgb = parseColour(themeColour(index, css, palette));
  if (!rgb) return undefined;
  const [red, green, blue] = rgb;
  return {
    _typename: 'TColor',
    fNumber: index,
    fName: '',
    fRed: red / 255,
    fGreen: green / 255,
    fBlue: blue / 255,
    fAlpha: 1,
  };
};

const shapeOf = (canvas: JsonObject): string => {
  const primitives = canvas['fPrimitives'];
  const arr =
    isObject(primitives) && Array.isArray(primitives['arr']) ? (primitives['arr'] as unknown[]) : [];
  const opt =
    isObject(primitives) && Array.isArray(primitives['opt']) ? (primitives['opt'] as unknown[]) : [];
  return JSON.stringify(
    arr.map((part, index) =>
      isObject(part)
        ? [part['_typename'], opt[index], part['_typename'] === 'TPad' ? shapeOf(part) : '']
        : null,
    ),
  );
};
