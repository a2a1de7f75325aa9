// @ts-check
// An esbuild plugin that makes JSROOT safe and small for notebook output: it draws from data only. What would fetch, run
// code from a canvas or read files is cut out of the bundle, so that no later path can reach it. A JSROOT whose source no
// longer looks as expected fails the build instead of shipping uncut.
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';

/** @param {string} what */
const refuse = (what) => `throw new Error('${what} is not available in a notebook');`;
/** @param {string} name */
const ours = (name) => JSON.stringify(path.resolve(import.meta.dirname, '../client/webview', name));

/**
 * Turns a static import into one that happens in three dimensions only, at the start of a drawing method.
 *
 * @param {string} names
 * @param {string} from
 * @returns {[string, string, number]}
 */
const lazily = (names, from) => [
  `import { ${names} } from '${from}';`,
  `let ${names}; loading.push(async () => { ({ ${names} } = await import('${from}')); });`,
  1,
];
const loading = 'const loading = [], load3d = () => Promise.all(loading.map(load => load()));\n';

/**
 * Replacements by module: text, what it becomes, how often it occurs.
 *
 * @type {Record<string, [string, string, number][]>}
 */
const cuts = {
  'core.mjs': [
    [
      'async function injectCode(code) {',
      `async function injectCode(code) { ${refuse('Code in a canvas')}`,
      1,
    ],
    [
      'async function loadModules(arg) {',
      `async function loadModules(arg) { ${refuse('Loading modules')}`,
      1,
    ],
    ['async function loadScript(url) {', `async function loadScript(url) { ${refuse('Loading scripts')}`, 1],
    [
      'async function httpRequest(url, kind, post_data) {',
      `async function httpRequest(url, kind, post_data) { ${refuse('The network')}`,
      1,
    ],
    [
      'function createHttpRequest(url, kind, user_accept_callback, user_reject_callback, use_promise, tmout) {',
      `function createHttpRequest(url, kind, user_accept_callback, user_reject_callback, use_promise, tmout) { ${refuse('The network')}`,
      1,
    ],
  ],
  'base/func.mjs': [
    ['new Function(', 'compileFormula(', 6],
    ['import { isStr,', `import { compileFormula } from ${ours('formula.ts')};\nimport { isStr,`, 1],
  ],
  // All that is set as html goes through a filter: names of the notebook are in it.
  'd3.mjs': [
    ['this.innerHTML = value;', 'setSafeHtml(this, value);', 1],
    ['this.innerHTML = v == null ? "" : v;', 'setSafeHtml(this, v);', 1],
    [
      'function htmlConstant(',
      `import { setSafeHtml } from ${ours('safe-html.ts')};\nfunction htmlConstant(`,
      1,
    ],
  ],
  'gui/menu.mjs': [
    ['sub.innerHTML = d.text;', 'setSafeHtml(sub, d.text);', 1],
    ['text.innerHTML = d.text;', 'setSafeHtml(text, d.text);', 1],
    ['function createMenu(', `import { setSafeHtml } from ${ours('safe-html.ts')};\nfunction createMenu(`, 1],
  ],
  'draw/RTreeMapTooltip.mjs': [
    ['this.tooltip.innerHTML = this.content;', 'this.tooltip.textContent = this.content;', 1],
  ],
  'draw/more.mjs': [
    // An image by address: only one that is part of the canvas.
    ["attr('src', obj.fName)", "attr('src', /^data:image\\//.test(obj.fName) ? obj.fName : null)", 1],
  ],
  'base/latex.mjs': [
    ["gg.attr('href', foundarg);", "gg.attr('href', /^https?:/.test(foundarg) ? foundarg : null);", 1],
  ],
  // JSROOT's own TLatex is drawn always; MathJax would come from the network.
  'base/ObjectPainter.mjs': [['if (!use_mathjax || arg.nomathjax) {', 'if (true) {', 1]],
  // The wheel scrolls the notebook until the plot is focused.
  // Flat histograms and graphs do without three.js.
  'hist/TH1Painter.mjs': [
    ["import { gStyle } from '../core.mjs';", `import { gStyle } from '../core.mjs';\n${loading}`, 1],
    lazily('crete3DFrame, drawBinsLego', './hist3d.mjs'),
    ['async draw3D(reason) {', 'async draw3D(reason) { this.mode3d = true; await load3d();', 1],
  ],
  'hist/TH2Painter.mjs': [
    [
      "import { gStyle, clTMultiGraph, kNoZoom } from '../core.mjs';",
      `import { gStyle, clTMultiGraph, kNoZoom } from '../core.mjs';\n${loading}`,
      1,
    ],
    lazily('getMaterialArgs, THREE', '../base/base3d.mjs'),
    lazily('crete3DFrame, drawBinsLego, drawBinsError3D, drawBinsContour3D, drawBinsSurf3D', './hist3d.mjs'),
    ['async draw3D(reason) {', 'async draw3D(reason) { this.mode3d = true; await load3d();', 1],
  ],
  'hist/TGraphPainter.mjs': [
    [
      "import { TH1Painter } from './TH1Painter.mjs';",
      `import { TH1Painter } from './TH1Painter.mjs';\n${loading}`,
      1,
    ],
    lazily('createLineSegments, create3DLineMaterial', '../base/base3d.mjs'),
    ['   drawBins3D(fp, graph) {', '   async drawBins3D(fp, graph) { await load3d();', 1],
  ],
  // Colours that JSROOT takes for granted, on white: the canvas's own background, the text's own colour.
  'base/TAttFillHandler.mjs': [
    ["this.pattern_url = 'white';", "this.pattern_url = painter?.getColor?.(0) ?? 'white';", 1],
  ],
  'geom/TGeoPainter.mjs': [
    ["new Function('gGeoManager', line)", `(() => { ${refuse('A script of a geometry')} })()`, 1],
  ],
  'gui/utils.mjs': [
    ['async function loadOpenui5(args) {', `async function loadOpenui5(args) { ${refuse('openui5')}`, 1],
  ],
  'base/TAttTextHandler.mjs': [
    ["arg.color = this.color || 'black';", "arg.color = this.color || 'currentColor';", 1],
  ],
  'hist2d/TH2Painter.mjs': [
    [
      'this.drawText({ align: 22, x, y, width, height, rotate, text, color, latex, draw_g });',
      `const cell = o.Color ? this.getContour()?.getPaletteColor(this.getHistPalette(), binz) : null;
       this.drawText({ align: 22, x, y, width, height, rotate, text, color: readableOn(color, cell), latex, draw_g });`,
      1,
    ],
    [
      'class TH2Painter extends',
      `import { readableOn } from ${ours('theme.ts')};\nclass TH2Painter extends`,
      1,
    ],
  ],
  'hist2d/TGraphPainter.mjs': [
    ["hint.color1 === 'black' ? 'green' : 'black'", "'currentColor'", 1],
    ["elem.style('stroke', 'black');", "elem.style('stroke', 'currentColor');", 1],
  ],
  // A tooltip of the browser on every plot, over JSROOT's own; the plot has a label instead.
  'gpad/TPadPainter.mjs': [
    ["svg.append('svg:title').text('ROOT canvas');", '', 1],
    ["svg_pad.append('svg:title').text('subpad ' + this.#pad_name);", '', 1],
  ],
  'gpad/TFramePainter.mjs': [
    [
      "svg.on('wheel', evnt => this.mouseWheel(evnt));",
      "svg.on('wheel', evnt => { if (evnt.currentTarget.closest('[data-wheel-zooms]')) this.mouseWheel(evnt); });",
      1,
    ],
  ],
};

/**
 * Modules that notebook output has no use for, and the names that others import from them.
 *
 * @type {Record<string, string>}
 */
const stubs = {
  'io.mjs': `export const clTStreamerInfoList = 'TStreamerInfoList', kBaseClass = 'BASE';`,
  'tree.mjs': `export const clTBranchFunc = 'TBranchFunc';`,
  'rntuple.mjs': '',
  'draw/TTree.mjs': `export function drawTree() { ${refuse('Drawing a tree')} }`,
  'draw/RNTuple.mjs': `export function drawRNTuple() { ${refuse('Drawing a tuple')} }`,
  'gui/HierarchyPainter.mjs': `const none = async () => { ${refuse('The object inspector')} };
    export { none as drawInspector, none as drawList, none as drawStreamerInfo, none as folderHierarchy, none as taskHierarchy, none as listHierarchy };`,
  'base/makepdf.mjs': `export async function makePDF() { ${refuse('PDF')} }`,
};

/**
 * @param {string} name
 * @param {string} source
 */
const cut = (name, source) => {
  let text = source;
  for (const [from, to, times] of cuts[name] ?? []) {
    const found = text.split(from).length - 1;
    if (found !== times)
      throw new Error(`JSROOT changed: ${name} has ${JSON.stringify(from)} ${found} times, not ${times}.`);
    text = text.replaceAll(from, to);
  }
  return text;
};

/** @type {import('esbuild').Plugin} */
export const jsrootForNotebooks = {
  name: 'jsroot-for-notebooks',
  setup(build) {
    const { outdir = '', absWorkingDir = process.cwd() } = build.initialOptions;
    // Chunks are named after their content: those of an older build would stay in the package.
    build.onStart(() => rm(path.resolve(absWorkingDir, outdir), { recursive: true, force: true }));
    // JSROOT brings the parts of three.js that it uses; the whole is three times as large.
    build.onResolve({ filter: /^three(\/addons)?$/ }, ({ path: name }) => ({
      path: path.resolve(
        import.meta.dirname,
        '../node_modules/jsroot/modules',
        name === 'three' ? 'three.mjs' : 'three_addons.mjs',
      ),
    }));
    build.onLoad({ filter: /jsroot[\\/]modules[\\/].*\.mjs$/ }, async ({ path: file }) => {
      const name = file.replaceAll('\\', '/').replace(/^.*jsroot\/modules\//, '');
      if (name in stubs) return { contents: stubs[name] ?? '', loader: 'js' };
      if (name in cuts) return { contents: cut(name, await readFile(file, 'utf8')), loader: 'js' };
      return undefined;
    });
    // No path to Node, MathJax or a rasteriser remains: a browser needs none of them.
    build.onResolve(
      { filter: /^(canvas|jsdom|gl|tmp|xhr2|fs|zlib|mathjax|@resvg\/resvg-js)$/ },
      ({ path: name }) => ({
        path: name,
        namespace: 'absent',
      }),
    );
    build.onLoad({ filter: /.*/, namespace: 'absent' }, ({ path: name }) => ({
      contents: refuse(name),
      loader: 'js',
    }));
  },
};

/**
 * Options of the webview's bundles.
 *
 * @param {string} outdir Where they go; what is there is removed.
 * @returns {import('esbuild').BuildOptions}
 */
export const webviewBundle = (outdir) => ({
  entryPoints: ['client/webview/renderer.ts'],
  bundle: true,
  platform: 'browser',
  target: 'chrome138',
  format: 'esm',
  splitting: true,
  minify: true,
  sourcemap: false,
  outdir,
  plugins: [jsrootForNotebooks],
  logLevel: 'warning',
});
