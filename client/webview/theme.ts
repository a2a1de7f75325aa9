/** Colours are `#rrggbb`. */
export interface Palette {
  readonly background: string;
  readonly foreground: string;
  /** Contrast that lines and markers must have with the background (WCAG ratio). */
  readonly contrast: number;
}

/** How ROOT draws: black on white, every colour as it is. */
export const asRootDrawsIt: Palette = { background: '#ffffff', foreground: '#000000', contrast: 1 };

type Rgb = readonly [number, number, number];

/**
 * The colours of ROOT's list in a theme. ROOT's white (0, 10) is the background, its black (1) the foreground, grey goes the
 * same way; other colours were chosen for data and keep their hue, lighter or darker only as far as they would not be seen.
 * Colours of a gradient palette are not in the way: they are used as they are.
 */
export const themeColour = (index: number, colour: string, palette: Palette): string => {
  if (palette === asRootDrawsIt) return colour;
  if (index === 0 || index === 10) return palette.background;
  if (index === 1) return palette.foreground;
  const rgb = parseColour(colour);
  if (!rgb) return colour;
  const background = parseColour(palette.background) ?? [255, 255, 255];
  if (isGrey(rgb)) return mixGrey(rgb, palette);
  return toHex(readable(rgb, background, palette.contrast));
};

const isGrey = ([red, green, blue]: Rgb): boolean =>
  Math.max(red, green, blue) - Math.min(red, green, blue) <= 6;

/** White to black as background to foreground, so that what is faint on white is faint in the theme. */
const mixGrey = (grey: Rgb, palette: Palette): string => {
  const light = parseColour(palette.background) ?? [255, 255, 255];
  const dark = parseColour(palette.foreground) ?? [0, 0, 0];
  const share = grey[0] / 255;
  const mix = (from: number, to: number): number => from * share + to * (1 - share);
  return toHex([mix(light[0], dark[0]), mix(light[1], dark[1]), mix(light[2], dark[2])]);
};

/** The colour nearest to `rgb` that has the contrast: the same hue and saturation, lighter or darker. */
const readable = (rgb: Rgb, background: Rgb, wanted: number): Rgb => {
  const [hue, saturation, lightness] = toHsl(rgb);
  const step = luminance(background) < 0.4 ? 0.02 : -0.02;
  for (let tried = lightness, found = rgb; ; found = fromHsl(hue, saturation, (tried += step)))
    if (contrastOf(found, background) >= wanted || tried <= 0 || tried >= 1) return found;
};

const toHsl = (rgb: Rgb): readonly [hue: number, saturation: number, lightness: number] => {
  const [red, green, blue] = [rgb[0] / 255, rgb[1] / 255, rgb[2] / 255];
  const most = Math.max(red, green, blue);
  const range = most - Math.min(red, green, blue);
  const lightness = most - range / 2;
  const hue =
    most === red
      ? (green - blue) / range
      : most === green
        ? 2 + (blue - red) / range
        : 4 + (red - green) / range;
  return [hue * 60, range / (1 - Math.abs(2 * lightness - 1)), lightness];
};

const fromHsl = (hue: number, saturation: number, lightness: number): Rgb => {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const part = (offset: number): number => {
    const place = (offset + hue / 30 + 12) % 12;
    return 255 * (lightness - reach * Math.max(-1, Math.min(place - 3, 9 - place, 1)));
  };
  return [part(0), part(8), part(4)];
};

/** WCAG 2 contrast ratio, 1 to 21. */
export const contrastOf = (one: Rgb, other: Rgb): number => {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
};

const luminance = (rgb: Rgb): number => {
  const linear = (value: number): number => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2]);
};

/**
 * For numbers that are printed on coloured bins: black or white where `colour` could not be read on `cell`. What ROOT itself
 * would print in black stays black.
 */
export const readableOn = (colour: string, cell: string | null | undefined): string => {
  const text = parseColour(colour);
  const under = cell ? parseColour(cell) : undefined;
  if (colour === 'black' || !text || !under || contrastOf(text, under) >= 3) return colour;
  return luminance(under) > 0.18 ? '#000000' : '#ffffff';
};

const named: Readonly<Partial<Record<string, string>>> = {
  white: '#ffffff',
  black: '#000000',
  red: '#ff0000',
  green: '#00ff00',
  blue: '#0000ff',
  yellow: '#ffff00',
  magenta: '#ff00ff',
  cyan: '#00ffff',
};

/** Reads `#rgb`, `#rrggbb`, `rgb()`, `rgba()` without transparency and ROOT's eight names. */
export const parseColour = (text: string): Rgb | undefined => {
  const colour = named[text] ?? text.trim();
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(colour)?.[1];
  if (hex) {
    const step = hex.length / 3;
    const part = (at: number): number => {
      const digits = hex.slice(at * step, at * step + step);
      return Number.parseInt(step === 1 ? digits + digits : digits, 16);
    };
    return [part(0), part(1), part(2)];
  }
  const parts = /^rgb\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)\s*\)$/.exec(colour);
  return parts ? [Number(parts[1]), Number(parts[2]), Number(parts[3])] : undefined;
};

export const toHex = (rgb: Rgb): string =>
  `#${rgb.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`;
