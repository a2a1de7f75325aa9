/** Turns a compiler's column (bytes of UTF-8, from 1) into the editor's (UTF-16 units, from 0), inside the line. */
export function toColumn(line: string, byteColumn: number): number {
  let bytes = byteColumn - 1;
  let column = 0;
  for (const character of line) {
    if (bytes <= 0) break;
    bytes -= Buffer.byteLength(character);
    column += character.length;
  }
  return column;
}

/** End of the word that starts at a column; at least one character where there is one. */
export function wordEnd(line: string, start: number): number {
  const word = /^[\p{L}\p{N}_$]+/u.exec(line.slice(start))?.[0] ?? '';
  return Math.min(line.length, start + Math.max(1, word.length));
}
