/** What the renderer asks of the extension. Types only: the extension parses what arrives with schemas of its own. */
export interface ExportMessage {
  readonly type: 'export';
  readonly format: ExportFormat;
  /** Proposed file name with its extension, without a folder; letters, digits, `_`, `-` and one dot. */
  readonly name: string;
  /** How `data` holds the file: `base64` for PNG, `text` for SVG and JSON. */
  readonly encoding: 'base64' | 'text';
  readonly data: string;
}

export type ExportFormat = 'png' | 'svg' | 'json';

/** What the extension may say to the renderer: nothing so far. */
export type RendererMessage = ExportMessage;
