const grey = '\u001b[90m';
const plain = '\u001b[39m';

/** The text in grey letters: the editor knows no faint ones. */
export function dim(text: string): string {
  // eslint-disable-next-line no-control-regex -- ANSI codes begin with a control character
  const colourless = text.replaceAll(/\u001b\[[\d;]*m/g, '');
  return colourless === '' ? '' : `${grey}${colourless}${plain}`;
}
