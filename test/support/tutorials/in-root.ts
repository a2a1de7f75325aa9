import path from 'node:path';
import { type JudgedRoot, type Run, supportFolder, atWorkplace } from './tutorial.ts';

/** Runs a tutorial in a ROOT of its own: `root -b -q` for a macro, `python` for a script. */
export function runInRoot(judged: JudgedRoot, tutorial: string, limitSeconds: number): Promise<Run> {
  return atWorkplace(judged, tutorial, async (place) => {
    const name = path.basename(tutorial);
    const macros = ['draw.C', 'canvases.C'].map((macro) => path.join(supportFolder, macro));
    const [program, args] = name.endsWith('.py')
      ? [judged.python, [path.join(supportFolder, 'script.py'), name, ...macros]]
      : [path.join(judged.root, 'bin/root.exe'), ['-l', '-b', '-q', name, ...macros]];
    const file = path.join(place.folder, 'canvases.txt');
    const { code, stdout, stderr } = await place.run(program, args, limitSeconds, {
      ROOTBOOK_CANVASES: file,
    });
    const problem = problemIn(code, stderr);
    return {
      ended: problem === '',
      problem: place.withoutPlace(problem),
      stdout: place.withoutPlace(withoutHeadings(stdout, [name, ...macros])),
      canvases: place.read('canvases.txt'),
    };
  });
}

/** Takes out `Processing hist.C...`, which ROOT says of each macro that it is started with. */
function withoutHeadings(stdout: string, macros: readonly string[]): string {
  let text = stdout;
  for (const macro of macros) text = text.replace(`Processing ${macro}...\n`, '');
  return text.replace(/^\n/, '');
}

/** Empty when all is well. ROOT ends with 0 also when a macro gave it a line that does not compile. */
function problemIn(code: number | undefined, stderr: string): string {
  if (code === undefined) return 'took too long or was killed';
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const compileError = lines.find((line) => /\berror: /.test(line));
  if (code === 0) return compileError ?? '';
  return (
    compileError ??
    lines.find((line) => /what\(\)|violation|^\w*Error:/.test(line)) ??
    lines.at(-1) ??
    'failed'
  );
}
