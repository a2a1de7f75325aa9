const faint = '\u001b[2m';
const reset = '\u001b[0m';

/** The text in faint letters, in whatever colours it has. */
export function dim(text: string): string {
  if (text.startsWith(faint)) return text;
  // A reset inside would end the faintness as well; so does the code for "neither bold nor faint".
  // eslint-disable-next-line no-control-regex -- ANSI codes begin with a control character
  const kept = text.replaceAll(/\u001b\[(0?|22)m/g, (code) => code + faint);
  return `${faint}${kept}${reset}`;
}
