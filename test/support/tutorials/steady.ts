interface Unsteady {
  readonly pattern: RegExp;
  readonly replacement: string;
  readonly reason: string;
}

/** What two runs in ROOT itself differ in, found by running each tutorial twice. */
const unsteady: readonly Unsteady[] = [
  { pattern: /0x[0-9a-f]{5,}\b/g, replacement: 'ADDRESS', reason: 'where an object lies in memory' },
  {
    pattern: /\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g,
    replacement: 'UUID',
    reason: 'files and processes have identifiers of their own',
  },
  {
    pattern: /^.*\b(real time|cp ?u? time|rt=|time (for|to|using)|time elapsed).*$/gim,
    replacement: 'TIME',
    reason: 'how long something took',
  },
];

/** Tutorials in which more is left to chance; their numbers are not compared. */
const chance: Readonly<Record<string, string>> = {
  'hist/hist014_TH1_cumulative.C': 'seeds its random numbers by the clock',
  'hist/hist101_TH1_autobinning.C': 'seeds its random numbers by the clock',
  'io/tree/tree121_hvector.C': 'seeds its random numbers by the clock',
  'io/tree/tree202_benchmarks.C': 'prints rates',
  'math/testrandom.C': 'prints a table of times',
};

/** Lines of a text that say the same in every run. */
export function steadyLines(tutorial: string, text: string): readonly string[] {
  let steady = text;
  for (const { pattern, replacement } of unsteady) steady = steady.replace(pattern, replacement);
  if (chance[tutorial] !== undefined) steady = steady.replace(/\s*[-+]?\d[\d.]*(e[-+]?\d+)?/g, ' N');
  return steady
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd());
}
