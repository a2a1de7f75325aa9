/** Why a saved canvas could not be read, in words for the user. */
export class UnreadableCanvas extends Error {
  override readonly name = 'UnreadableCanvas';
}

/** Largest canvas that is drawn: JSON text in bytes. A 2000 x 2000 histogram of random doubles is about 70 MB. */
export const largestJson = 100 << 20;

const blockHeader = 9;

/**
 * What TBufferJSON::zipJSON packed: blocks, each with "ZL", a method byte and two 3-byte little-endian lengths, packed and
 * unpacked, before a zlib stream. Source: R__zip of ROOT's core/zip.
 * @throws {UnreadableCanvas} when the data is damaged, of another compression, or longer than it says.
 */
export const unzipJson = async (length: number, base64: string): Promise<string> => {
  if (length > largestJson)
    throw new UnreadableCanvas(`The plot has ${String(length)} bytes of data, which is too large to draw.`);
  const bytes = fromBase64(base64);
  const text = new Uint8Array(length);
  let read = 0;
  let written = 0;
  while (written < length) {
    const packed = word(bytes, read + 3);
    const unpacked = word(bytes, read + 6);
    if (bytes[read] !== 0x5a || bytes[read + 1] !== 0x4c || packed === 0 || unpacked === 0)
      throw new UnreadableCanvas('The data of the plot is not in the compressed form that ROOT writes.');
    const start = read + blockHeader;
    if (start + packed > bytes.length || written + unpacked > length)
      throw new UnreadableCanvas('The data of the plot is cut off.');
    await inflate(bytes.subarray(start, start + packed), text.subarray(written, written + unpacked));
    read = start + packed;
    written += unpacked;
  }
  return new TextDecoder().decode(text);
};

const word = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);

const fromBase64 = (base64: string): Uint8Array<ArrayBuffer> => {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch (cause) {
    throw new UnreadableCanvas('The data of the plot is damaged.', { cause });
  }
};

/** Fills `target` exactly; a stream that holds more is refused before it is unpacked further. */
const inflate = async (packed: Uint8Array<ArrayBuffer>, target: Uint8Array): Promise<void> => {
  let written = 0;
  try {
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
    for (const reader = stream.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (written + value.length > target.length) {
        await reader.cancel();
        throw new RangeError('more data than announced');
      }
      target.set(value, written);
      written += value.length;
    }
  } catch (cause) {
    throw new UnreadableCanvas('The data of the plot is damaged.', { cause });
  }
  if (written !== target.length) throw new UnreadableCanvas('The data of the plot is cut off.');
};
