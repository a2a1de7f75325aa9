import { describe, expect, it } from 'vitest';
import {
  asRootDrawsIt,
  contrastOf,
  parseColour,
  readableOn,
  themeColour,
} from '../../../../client/webview/theme.ts';

const dark = { background: '#1f1f1f', foreground: '#cccccc', contrast: 4 };
const light = { background: '#ffffff', foreground: '#3b3b3b', contrast: 1 };
const rgb = (colour: string): readonly [number, number, number] => {
  const found = parseColour(colour);
  if (!found) throw new Error(`no colour: ${colour}`);
  return found;
};

describe('a colour of ROOT in a theme', () => {
  it.each([
    [0, 'white', '#1f1f1f'],
    [10, 'white', '#1f1f1f'],
    [1, 'black', '#cccccc'],
    [2, 'red', '#ff2424'],
    [432, 'rgb(0, 255, 255)', '#00ffff'],
  ])('%i, %s, is %s in a dark one', (index, colour, expected) => {
    const found = themeColour(index, colour, dark);
    if (index === 2) expect(contrastOf(rgb(found), rgb(dark.background))).toBeGreaterThanOrEqual(4);
    else expect(found).toBe(expected);
  });

  it('keeps its hue when it becomes lighter: the navy of a histogram stays blue', () => {
    const [red, green, blue] = rgb(themeColour(602, 'rgb(0, 0, 154)', dark));
    expect(blue).toBe(255);
    expect(red).toBeCloseTo(green, 0);
    expect(red).toBeLessThan(150);
  });

  it('is seen on the background, whatever it is', () => {
    for (const contrast of [4, 7])
      for (const background of ['#000000', '#1f1f1f', '#252526'])
        for (const colour of ['rgb(0, 0, 1)', 'rgb(0, 0, 154)', 'rgb(20, 60, 10)', 'rgb(102, 0, 51)'])
          expect(
            contrastOf(rgb(themeColour(600, colour, { ...dark, background, contrast })), rgb(background)),
          ).toBeGreaterThanOrEqual(contrast);
  });

  it('of data is unchanged in a light one, and grey goes between background and foreground', () => {
    expect(themeColour(625, 'rgb(255, 102, 102)', light)).toBe('#ff6666');
    expect(themeColour(920, 'rgb(204, 204, 204)', light)).toBe('#d8d8d8');
    expect(themeColour(920, 'rgb(204, 204, 204)', dark)).toBe('#424242');
  });

  it('is as it was for who wants it as ROOT draws it', () => {
    expect(themeColour(0, 'white', asRootDrawsIt)).toBe('white');
    expect(themeColour(602, 'rgb(0, 0, 154)', asRootDrawsIt)).toBe('rgb(0, 0, 154)');
  });

  it.each([
    ['#cccccc', 'rgb(249, 251, 14)', '#000000'],
    ['#cccccc', 'rgb(53, 42, 135)', '#cccccc'],
    ['#3b3b3b', 'rgb(53, 42, 135)', '#ffffff'],
    ['black', 'rgb(53, 42, 135)', 'black'],
    ['#cccccc', null, '#cccccc'],
  ])('of numbers, %s, printed on %s is %s', (colour, cell, expected) => {
    expect(readableOn(colour, cell)).toBe(expected);
  });

  it.each([
    ['#fff', [255, 255, 255]],
    ['#1f1f1f', [31, 31, 31]],
    ['rgb(1, 2, 3)', [1, 2, 3]],
    ['rgb(1 2 3)', [1, 2, 3]],
    ['blue', [0, 0, 255]],
    ['rgba(0, 0, 0, 0)', undefined],
    ['url(#x)', undefined],
  ])('%s is read as %j', (text, expected) => {
    expect(parseColour(text)).toEqual(expected);
  });
});
