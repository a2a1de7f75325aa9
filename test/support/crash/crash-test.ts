import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import type { LaunchSpec } from '../../../client/src/kernel-host/launch-spec.ts';
import { randomFrom } from '../random.ts';
import { type TestHosts, until, untilNothingRuns } from '../real-kernel.ts';
import { Heard, type Told } from './words.ts';

/** `window` is reloaded and says so; the others are killed. */
type Part = 'window' | 'extension host' | 'kernel host' | 'kernel';

export interface CrashReport {
  /** How often each part was ended. */
  readonly ended: Readonly<Record<Part, number>>;
  readonly lines: number;
  readonly plots: number;
  /** What came back otherwise than it was printed, each with its point. */
  readonly faults: readonly string[];
}

const cellsOfRound = 3;
const linesOfCell = 120;
const linesOfPlot = 40;
const total = cellsOfRound * linesOfCell;

/** A cell that prints numbered lines, plots, and notes in a file how many it has printed, and by which process. */
function cell(index: number, progress: string): string {
  const first = index * linesOfCell;
  return `{ TCanvas *canvas = new TCanvas("canvas", "", 200, 150); TH1F *h = new TH1F("h", "", 10, 0, 1);
int file = open("${progress}", O_WRONLY);
for (int i = ${String(first)}; i < ${String(first + linesOfCell)}; ++i) {
  printf("line %d\\n", i); fflush(stdout);
  int done[2] = {i + 1, getpid()}; pwrite(file, done, sizeof done, 0);
  if (i % ${String(linesOfPlot)} == 0) { h->Fill(0.5); h->SetTitle(Form("plot %d", i)); h->Draw(); canvas->Update(); }
  usleep(2000);
}
close(file); }`;
}

function numbersIn(text: string): readonly number[] {
  return [...text.matchAll(/^line (\d+)\n/gm)].map(([, number]) => Number(number));
}

/** Window and extension host as a process of their own, and what it heard of each execution. */
class WindowProcess {
  readonly #child: ChildProcess;
  readonly texts = new Map<string, string>();
  readonly displays = new Map<string, string[]>();
  readonly over = new Set<string>();
  followed: readonly string[] | undefined;

  constructor(program: string, args: readonly string[]) {
    const child = spawn(process.execPath, ['--enable-source-maps', program, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child = child;
    child.stdin.on('error', () => undefined);
    createInterface(child.stdout).on('line', (line) => {
      this.#hear(Heard.parse(JSON.parse(line)));
    });
  }

  tell(told: Told): void {
    this.#child.stdin?.write(`${JSON.stringify(told)}\n`);
  }

  get isGone(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await until(() => this.isGone);
  }

  get lines(): number {
    return numbersIn([...this.texts.values()].join('')).length;
  }

  #hear(heard: Heard): void {
    if ('text' in heard) this.texts.set(heard.id, (this.texts.get(heard.id) ?? '') + heard.text);
    else if ('display' in heard)
      this.displays.set(heard.id, [...(this.displays.get(heard.id) ?? []), heard.display]);
    else if ('followed' in heard) this.followed = heard.followed;
    else if (heard.what === 'done') this.over.add(heard.id);
  }
}

/**
 * Ends window, extension host, kernel host or kernel at random points of a notebook that prints and plots, comes back, and
 * compares what is there with what was printed.
 */
export class CrashTest {
  readonly #kernels: TestHosts;
  readonly #spec: LaunchSpec;
  readonly #random: () => number;
  readonly #program: string;
  readonly #progress: string;
  readonly #ended: Record<Part, number> = { window: 0, 'extension host': 0, 'kernel host': 0, kernel: 0 };
  readonly #faults: string[] = [];
  #points = 0;
  #lines = 0;
  #plots = 0;
  #window: WindowProcess | undefined;

  constructor(kernels: TestHosts, seed: number) {
    this.#kernels = kernels;
    this.#spec = kernels.spec('cpp');
    this.#random = randomFrom(seed);
    // Beside the sources, so that packages are found.
    this.#program = path.resolve('dist', `crash-window-${String(process.pid)}.mjs`);
    this.#progress = path.join(kernels.stateFolder, 'progress');
  }

  async run(points: number): Promise<CrashReport> {
    mkdirSync(path.dirname(this.#program), { recursive: true });
    await build({
      entryPoints: [path.resolve('test/support/crash/crash-window.ts')],
      outfile: this.#program,
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      logLevel: 'warning',
    });
    try {
      for (let round = 0; this.#points < points; round += 1) await this.#round(round);
    } finally {
      await this.#window?.kill();
      rmSync(this.#program, { force: true });
    }
    return { ended: this.#ended, lines: this.#lines, plots: this.#plots, faults: this.#faults };
  }

  /** Runs the notebook once; every end of a part is a point. */
  async #round(round: number): Promise<void> {
    writeFileSync(this.#progress, Buffer.alloc(8));
    this.#window ??= await this.#open();
    const ids = Array.from({ length: cellsOfRound }, (_, index) => `round-${String(round)}-${String(index)}`);
    this.#window.tell({ run: ids.map((id, index) => ({ id, code: cell(index, this.#progress) })) });
    await until(() => this.#printed().lines > 0, 60);
    const before: WindowProcess[] = [];
    let least = total;
    for (let ends = 1 + Math.floor(this.#random() * 3); ends > 0; ends -= 1) {
      await new Promise((resolve) => setTimeout(resolve, this.#random() * 400));
      const part = this.#pick();
      this.#points += 1;
      this.#ended[part] += 1;
      before.push(this.#window);
      if (part === 'kernel host') least = await this.#killHost(this.#window);
      else if (part === 'kernel') least = await this.#killKernel(this.#window);
      else {
        if (part === 'window') this.#window.tell({ reload: true });
        else await this.#window.kill();
        this.#window = await this.#open();
      }
      if (least < total) break;
    }
    await this.#compare(ids, before, least);
  }

  #pick(): Part {
    const number = this.#random();
    if (number < 0.3) return 'window';
    if (number < 0.65) return 'extension host';
    return number < 0.85 ? 'kernel' : 'kernel host';
  }

  /** @returns lines that must come back. */
  async #killHost(window: WindowProcess): Promise<number> {
    const [host] = await this.#kernels.hosts.list();
    if (this.#random() < 0.5) {
      // Stopped, so that all that it printed has been read when the host is killed.
      this.#signalKernel('SIGSTOP');
      const { lines } = this.#printed();
      await until(() => window.lines >= lines);
      process.kill(host?.pid ?? 0, 'SIGKILL');
    } else process.kill(host?.pid ?? 0, 'SIGKILL');
    const heard = window.lines;
    await window.kill();
    await until(async () => (await this.#kernels.hosts.list()).length === 0);
    this.#window = await this.#open();
    return Math.min(heard, total - 1);
  }

  /** @returns lines that must come back: all that it wrote into its pipe. */
  async #killKernel(window: WindowProcess): Promise<number> {
    this.#signalKernel('SIGKILL');
    await untilNothingRuns(this.#kernels.hosts, 60);
    await window.kill();
    this.#window = await this.#open();
    return Math.min(this.#printed().lines, total - 1);
  }

  #signalKernel(signal: NodeJS.Signals): void {
    try {
      process.kill(this.#printed().pid, signal);
    } catch {
      // Nothing runs any more.
    }
  }

  /** What the kernel noted; one more line may have been printed. */
  #printed(): { readonly lines: number; readonly pid: number } {
    const bytes = readFileSync(this.#progress);
    return { lines: bytes.readInt32LE(0), pid: bytes.readInt32LE(4) };
  }

  async #open(): Promise<WindowProcess> {
    const window = new WindowProcess(this.#program, [
      path.resolve('client/dist/kernel-host'),
      this.#kernels.stateFolder,
      JSON.stringify(this.#spec),
    ]);
    await until(() => window.followed !== undefined || window.isGone, 60);
    if (window.isGone) throw new Error('a window ended by itself');
    return window;
  }

  /** The last window has everything once; those before had the beginning of it. */
  async #compare(ids: readonly string[], before: readonly WindowProcess[], least: number): Promise<void> {
    await untilNothingRuns(this.#kernels.hosts, 60);
    const window = this.#window;
    if (!window) return;
    await until(() => window.followed?.every((id) => window.over.has(id)) ?? false, 60);
    const text = ids.map((id) => window.texts.get(id) ?? '').join('');
    const numbers = numbersIn(text);
    const point = `point ${String(this.#points)}`;
    const wrong = numbers.findIndex((number, index) => number !== index);
    if (wrong >= 0) this.#faults.push(`${point}: line ${String(numbers[wrong])} at place ${String(wrong)}`);
    if (numbers.length < least)
      this.#faults.push(`${point}: ${String(numbers.length)} lines of ${String(least)} came back`);
    const { lines } = this.#printed();
    if (numbers.length > lines + 1)
      this.#faults.push(`${point}: ${String(numbers.length)} lines came back, ${String(lines)} were printed`);
    for (const id of window.texts.keys())
      if (!ids.includes(id)) this.#faults.push(`${point}: ${id} was saved`);
    for (const earlier of before)
      for (const id of ids) {
        if (!(window.texts.get(id) ?? '').startsWith(earlier.texts.get(id) ?? ''))
          this.#faults.push(`${point}: a window was told other text of ${id}`);
        const plots = earlier.displays.get(id) ?? [];
        const again = (window.displays.get(id) ?? []).slice(0, plots.length);
        if (again.join('\n') !== plots.join('\n'))
          this.#faults.push(`${point}: a window was told other plots of ${id}`);
      }
    this.#lines += numbers.length;
    this.#plots += [...window.displays.values()].flat().length;
    window.tell({ saved: [...ids] });
    window.texts.clear();
    window.displays.clear();
  }
}
