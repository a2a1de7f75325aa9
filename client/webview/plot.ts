import { type JsonObject, parseCanvas } from './canvas-json.ts';
import { describe } from './describe.ts';
import { editorPalette } from './editor-theme.ts';
import { copyImage, download, fileName, toPng } from './export.ts';
import type { Drawing } from './jsroot.ts';
import type { SavedCanvas } from './jupyroot-html.ts';
import type { ExportFormat, ExportMessage } from './messages.ts';
import { type Palette, asRootDrawsIt } from './theme.ts';
import { createToolbar } from './toolbar.ts';
import { descriptionTable } from './description-table.ts';
import { UnreadableCanvas, unzipJson } from './unzip.ts';

const tallest = 1200;

/** One plot: the drawing, its toolbar and its text. What goes wrong is shown in its place; it never throws. */
export class Plot {
  readonly element = document.createElement('div');
  private readonly drawingArea = document.createElement('div');
  private readonly textArea = document.createElement('div');
  private readonly post: ((message: unknown) => void) | undefined;
  private readonly observer: ResizeObserver;
  private drawing: Drawing | undefined;
  private json = '';
  private option = '';
  private size = { width: 700, height: 500 };
  private isAsRoot = false;
  private wasShown = false;
  /** Drawing is one step after another; a step that is overtaken by a newer canvas draws the newer one. */
  private work: Promise<void> = Promise.resolve();

  constructor(post: ((message: unknown) => void) | undefined) {
    this.post = post;
    this.element.className = 'rootbook-plot';
    this.drawingArea.className = 'rootbook-drawing';
    this.drawingArea.tabIndex = 0;
    this.drawingArea.setAttribute('role', 'img');
    this.textArea.className = 'rootbook-text';
    this.textArea.hidden = true;
    this.element.append(this.toolbar(), this.drawingArea, this.textArea);
    this.ownWheel();
    this.observer = new ResizeObserver(() => {
      this.wasShown ||= this.element.isConnected;
      this.fit();
    });
    this.observer.observe(this.element);
  }

  /** It was in the page and is no more. */
  get wasRemoved(): boolean {
    return this.wasShown && !this.element.isConnected;
  }

  show(saved: SavedCanvas): void {
    this.enqueue(async () => {
      const { content } = saved;
      const json = content.kind === 'zip' ? await unzipJson(content.length, content.base64) : content.text;
      const canvas = parseCanvas(json);
      this.json = json;
      this.option = saved.option;
      this.size = sizeOf(canvas, saved);
      if (!this.drawing) this.setAsRoot(hasOwnBackground(canvas));
      this.describe(canvas);
      this.fitArea();
      await this.draw(true);
    });
  }

  retheme(): void {
    if (this.json && !this.isAsRoot) this.enqueue(() => this.draw());
  }

  close(): void {
    this.observer.disconnect();
    this.drawing?.close();
  }

  private enqueue(step: () => Promise<void>): void {
    this.work = this.work.then(step).catch((error: unknown) => {
      this.fail(error);
    });
  }

  private palette(): Palette {
    return this.isAsRoot ? asRootDrawsIt : editorPalette();
  }

  private async draw(isOnlyNewData = false): Promise<void> {
    if (this.drawingArea.clientWidth === 0) return;
    if (isOnlyNewData && (await this.drawing?.update(parseCanvas(this.json)))) return;
    const { drawCanvas } = await import('./jsroot.ts');
    const before = this.drawing;
    // The new drawing grows unseen over the old one, so that nothing flickers.
    const layer = document.createElement('div');
    layer.className = 'rootbook-layer';
    this.drawingArea.append(layer);
    try {
      const palette = this.palette();
      layer.style.color = palette.foreground;
      const drawing = await drawCanvas(layer, parseCanvas(this.json), this.option, palette);
      if (before && !isOnlyNewData) await drawing.zoomLike(before);
      before?.close();
      this.drawing = drawing;
      this.drawingArea.replaceChildren(layer);
      this.element.dataset['state'] = 'drawn';
    } catch (error) {
      layer.remove();
      throw error;
    }
  }

  private fail(error: unknown): void {
    this.drawing?.close();
    this.drawing = undefined;
    const message = document.createElement('p');
    message.className = 'rootbook-message';
    const reason =
      error instanceof UnreadableCanvas ? error.message : `The plot could not be drawn: ${String(error)}`;
    message.textContent = `${reason} Its picture, if it was saved, is shown by “Change Presentation” in the menu of this output.`;
    this.drawingArea.style.height = '';
    this.drawingArea.replaceChildren(message);
    this.element.dataset['state'] = 'failed';
    this.textArea.hidden = this.textArea.childElementCount === 0;
  }

  private describe(canvas: JsonObject): void {
    const description = describe(canvas);
    this.drawingArea.setAttribute('aria-label', description.summary);
    this.textArea.replaceChildren(descriptionTable(description));
  }

  /** The area keeps the canvas's proportions and is never wider than the output or the canvas itself. */
  private fitArea(): boolean {
    const scale = Math.min(1, this.element.clientWidth / this.size.width, tallest / this.size.height);
    if (scale <= 0) return false;
    const width = `${String(Math.round(this.size.width * scale))}px`;
    const height = `${String(Math.round(this.size.height * scale))}px`;
    if (this.drawingArea.style.width === width && this.drawingArea.style.height === height) return false;
    Object.assign(this.drawingArea.style, { width, height });
    return true;
  }

  private fit(): void {
    if (!this.json || this.element.dataset['state'] === 'failed' || this.element.clientWidth === 0) return;
    const hasChanged = this.fitArea();
    this.enqueue(async () => {
      if (!this.drawing) await this.draw();
      else if (hasChanged) await this.drawing.resize();
    });
  }

  /** The wheel zooms only in a plot that was clicked or reached by keyboard; otherwise it scrolls the notebook. */
  private ownWheel(): void {
    this.drawingArea.addEventListener('pointerdown', () => {
      this.drawingArea.focus({ preventScroll: true });
    });
    this.drawingArea.addEventListener('focus', () => {
      this.drawingArea.dataset['wheelZooms'] = '';
    });
    this.drawingArea.addEventListener('blur', () => {
      delete this.drawingArea.dataset['wheelZooms'];
    });
  }

  private toolbar(): HTMLElement {
    return createToolbar({
      copy: async () => {
        await copyImage(await this.svg());
      },
      png: async () => {
        this.save('png', 'base64', await toPng(await this.svg()));
      },
      svg: async () => {
        this.save('svg', 'text', await this.svg());
      },
      json: () => {
        this.save('json', 'text', this.json);
        return Promise.resolve();
      },
      unzoom: async () => {
        await this.drawing?.unzoom();
      },
      text: () => {
        this.textArea.hidden = !this.textArea.hidden;
        return Promise.resolve(!this.textArea.hidden);
      },
      white: () => {
        this.setAsRoot(!this.isAsRoot);
        this.enqueue(() => this.draw());
        return Promise.resolve(this.isAsRoot);
      },
    });
  }

  private setAsRoot(isAsRoot: boolean): void {
    this.isAsRoot = isAsRoot;
    const button = this.element.querySelector('[data-action="white"]');
    button?.setAttribute('aria-pressed', String(isAsRoot));
  }

  private async svg(): Promise<string> {
    await this.work;
    if (!this.drawing) throw new UnreadableCanvas('There is no drawing to save.');
    // A picture on its own has no editor around it to inherit a colour from.
    const { foreground } = this.palette();
    const svg = await this.drawing.image('svg');
    return svg.replace('<svg ', `<svg fill="${foreground}" `).replaceAll('currentColor', foreground);
  }

  private save(format: ExportFormat, encoding: 'base64' | 'text', data: string): void {
    const message: ExportMessage = {
      type: 'export',
      format,
      name: `${fileName(this.json)}.${format}`,
      encoding,
      data,
    };
    if (this.post) this.post(message);
    else download(message);
  }
}

const sizeOf = (canvas: JsonObject, saved: SavedCanvas): { width: number; height: number } => {
  const positive = (value: unknown): number | undefined =>
    typeof value === 'number' && value > 0 ? Math.min(value, 4000) : undefined;
  const width = saved.width ?? positive(canvas['fCw']) ?? 700;
  const height = saved.height ?? positive(canvas['fCh']) ?? 500;
  return { width, height: Math.min(height, width * 5) };
};

/** A canvas whose background was chosen keeps all its colours: its author saw them together. */
const hasOwnBackground = (canvas: JsonObject): boolean => {
  const colour = canvas['fFillColor'];
  return canvas['fFillStyle'] === 1001 && typeof colour === 'number' && colour !== 0 && colour !== 10;
};
