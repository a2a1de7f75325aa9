export function canvasHtml(json: string): string {
  return `<div>${String(json.length)}</div>`;
}
