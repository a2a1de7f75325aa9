// What this room uses of JSROOT, which ships no types of its own.
declare module 'jsroot/core' {
  export const settings: Record<string, unknown>;
  /** JSROOT's own table of parts that modules leave for one another. */
  export const internals: Record<string, unknown>;
  export const gStyle: Record<string, unknown>;
  /** Resolves references and packed arrays of TBufferJSON, in place. */
  export function parse(json: unknown): unknown;
}

declare module 'jsroot/draw' {
  export interface CanvasPainter {
    /** Takes what changed from another canvas of the same make. False: it is too different. */
    updateObject(canvas: unknown, option?: string): boolean;
    redrawPad(): Promise<unknown>;
    produceImage(fullCanvas: boolean, format: 'png' | 'svg'): Promise<string>;
    forEachPainterInPad(visit: (painter: PartPainter) => void, kind: 'pads' | 'all' | 'objects'): void;
  }
  export interface PartPainter {
    unzoom?(axes: string): Promise<unknown>;
    getFramePainter?(): FramePainter | undefined;
  }
  export interface FramePainter {
    /** Range that is shown; equal ends where an axis is not zoomed. */
    readonly zoom_xmin: number;
    readonly zoom_xmax: number;
    readonly zoom_ymin: number;
    readonly zoom_ymax: number;
    readonly zoom_zmin: number;
    readonly zoom_zmax: number;
    zoomSingle(axis: 'x' | 'y' | 'z', least: number, most: number): Promise<unknown>;
    unzoom(axes: string): Promise<unknown>;
  }
  export function draw(element: HTMLElement, object: unknown, option: string): Promise<CanvasPainter>;
  export function cleanup(element: HTMLElement): void;
}

declare module 'jsroot/colors' {
  /** The list that colour numbers refer to, as CSS colours. */
  export function getRootColors(): readonly (string | undefined)[];
  /** Sets colours of that list from a TObjArray of TColor. */
  export function adoptRootColors(list: unknown): void;
  export function getRGBfromTColor(colour: unknown): string | null;
}
