import { randomUUID } from 'node:crypto';
import { deflateSync } from 'node:zlib';

export interface CanvasHtmlOptions {
  /** Names the element of the plot, once in a notebook; default is a random one. Other characters than letters and digits become `_`. */
  readonly id?: string;
  /** Size of the plot in CSS pixels; default is the canvas's own size, or JupyROOT's 800 x 600. */
  readonly width?: number;
  readonly height?: number;
  /** Draw option of JSROOT. */
  readonly option?: string;
  /** The picture in base64, shown where the script does not run or finds no JSROOT: web pages, no network. */
  readonly png?: string;
  /** What the picture shows, for those who cannot see it. */
  readonly text?: string;
}

/** The JSROOT of ROOT 6.40, asked of the public sites where a viewer has none of its own. */
const jsrootVersion = '7.11.0';

/**
 * A canvas as JupyROOT saves it: an element and a script that looks for JSROOT (already loaded, by requirejs, the Jupyter
 * server's copy, the public sites) and draws the packed JSON in place of the picture. JupyterLab, SWAN and classic notebooks
 * run the script; our own renderer reads the JSON and does not.
 *
 * @param json What TBufferJSON wrote.
 */
export const canvasHtml = (json: string, options: CanvasHtmlOptions = {}): string => {
  const id = `root_plot_${(options.id ?? randomUUID()).replace(/\W+/g, '_')}`;
  const { width, height } = sizeOf(json, options);
  const option = (options.option ?? '').replace(/[^\w ;,:.+-]+/g, '');
  // Viewers turn the unpacked bytes into characters one by one, so no byte may be above 127.
  const ascii = json.replace(
    /[\u0080-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `
<div id="${id}" style="width: ${String(width)}px; height: ${String(height)}px; position: relative">
${picture(options)}</div>

<script>
   function process_${id}() {
      function execCode(Core) {
         Core.settings.HandleKeys = false;
         Core.unzipJSON(${String(ascii.length)},'${zipJson(ascii)}').then(json => {
            const obj = Core.parse(json);
            document.getElementById('${id}').replaceChildren();
            Core.draw('${id}', obj, '${option}');
         });
      }
      const path = 'build/jsroot',
            places = ['https://root.cern/js/${jsrootVersion}/', 'https://jsroot.gsi.de/${jsrootVersion}/'];
      if (typeof JSROOT !== 'undefined')
         return execCode(JSROOT);
      if (typeof requirejs !== 'undefined') {
         const jsroot = ['/static/', ...places].map(place => place + path);
         return requirejs.config({ paths: { jsroot } })(['jsroot'], execCode);
      }
      const config = document.getElementById('jupyter-config-data');
      if (config)
         places.unshift((JSON.parse(config.textContent || '{}').baseUrl || '/') + 'static/');
      const next = () => places.length && import(places.shift() + path + '.js').then(() => execCode(JSROOT), next);
      next();
   }
   process_${id}();
</script>
`;
};

const picture = ({ png = '', text = '' }: CanvasHtmlOptions): string => {
  if (!/^[\w+/]+=*$/.test(png)) return '';
  const alt = text.replace(/[&"<>\n]/g, (c) => `&#${String(c.charCodeAt(0))};`);
  return `<img src="data:image/png;base64,${png}" style="width: 100%" alt="${alt}">\n`;
};

const sizeOf = (json: string, { width, height }: CanvasHtmlOptions): { width: number; height: number } => {
  const member = (name: string): number => Number(new RegExp(`"${name}"\\s*:\\s*(\\d{1,5})`).exec(json)?.[1]);
  return { width: width ?? (member('fCw') || 800), height: height ?? (member('fCh') || 600) };
};

/** Most bytes in one block of ROOT's compression: a block says its lengths in three bytes. */
const largestBlock = 0xffffff;

/** What TBufferJSON::zipJSON gives, in base64: blocks of "ZL", method 8, packed and unpacked length (little-endian, 3 bytes), zlib. */
export const zipJson = (ascii: string): string => {
  const bytes = Buffer.from(ascii, 'latin1');
  const blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += largestBlock) {
    const part = bytes.subarray(at, at + largestBlock);
    const packed = deflateSync(part, { level: 5 });
    const header = Buffer.from('ZL\b\0\0\0\0\0\0', 'latin1');
    header.writeUIntLE(packed.length, 3, 3);
    header.writeUIntLE(part.length, 6, 3);
    blocks.push(header, packed);
  }
  return Buffer.concat(blocks).toString('base64');
};
