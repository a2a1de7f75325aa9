import type { ExportMessage } from './messages.ts';

/** Pixels of a saved picture per pixel on the screen of usual density: sharp in a talk. */
const density = 2;

/** A file name without extension, from the name or title of the canvas. */
export const fileName = (json: string): string => {
  const name =
    /"fName"\s*:\s*"((?:[^"\\]|\\.)*)"\s*,\s*"fTitle"\s*:\s*"(?:[^"\\]|\\.)*"\s*,\s*"fNumPaletteColor"/.exec(
      json,
    )?.[1];
  const safe = (name ?? '').replace(/[^A-Za-z0-9_-]+/g, '_').replace(/^_+|_+$/g, '');
  return safe.slice(0, 60) || 'canvas';
};

/** @throws when the picture cannot be made, for example because it is too large for the browser. */
export const toPng = async (svg: string): Promise<string> => {
  const bytes = new Uint8Array(await (await toPngBlob(svg)).arrayBuffer());
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x8000)
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
};

/** @throws when the editor does not let a webview write to the clipboard. */
export const copyImage = async (svg: string): Promise<void> => {
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': await toPngBlob(svg) })]);
};

const toPngBlob = async (svg: string): Promise<Blob> => {
  const image = new Image();
  const address = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    image.src = address;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.naturalWidth * density;
    canvas.height = image.naturalHeight * density;
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => {
      canvas.toBlob((blob) => {
        if (blob) resolve(blob);
        else reject(new Error('the browser made no picture'));
      }, 'image/png');
    });
  } finally {
    URL.revokeObjectURL(address);
  }
};

const types = { png: 'image/png', svg: 'image/svg+xml', json: 'application/json' };

/** For editors without renderer messages: the browser's own way to save. */
export const download = (message: ExportMessage): void => {
  const content =
    message.encoding === 'text'
      ? message.data
      : Uint8Array.from(atob(message.data), (character) => character.charCodeAt(0));
  const address = URL.createObjectURL(new Blob([content], { type: types[message.format] }));
  const link = document.createElement('a');
  link.href = address;
  link.download = message.name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, 10_000);
};
