import { z } from 'zod';
import { Problem } from '../../kernels/cell-events.ts';
import type { KernelMessage } from '../../kernels/messages.ts';
import type { BackendCell, Emission } from '../backend.ts';
import type { OutputPipes } from './pipes.ts';

/** Escape sequence, hidden by terminals, in which the agent hands over JSON as the last line of a traceback. */
const mark = { start: '\u001b_rootbook;', end: '\u001b\\' } as const;

const Handover = z.object({ problems: z.array(Problem) });

/**
 * Code of a silent request that loads the agent. Its names are not the user's: it leaves nothing in their namespace.
 *
 * @param file absolute path of `rootbook_agent.py`.
 */
export function toLoader(file: string, pipes: OutputPipes | undefined): string {
  const path = JSON.stringify(file);
  return (
    `exec(compile(__import__("pathlib").Path(${path}).read_text("utf-8"), ${path}, "exec"), ` +
    `{"__name__": "rootbook_agent", "__file__": ${path}, "rootbook_pipes": ${toPython(pipes)}})`
  );
}

function toPython(pipes: OutputPipes | undefined): string {
  if (!pipes) return '(None, None)';
  const { stdout, stderr } = pipes.paths;
  return `((${JSON.stringify(stdout)}, ${JSON.stringify(stderr)}), ${JSON.stringify(pipes.nonce)})`;
}

/** What to send for a cell. C++ cells without a magic of their own get `%%cpp`, which is not a line that the user sees. */
export function toCode(cell: BackendCell): { readonly code: string; readonly magicAdded: boolean } {
  const magicAdded = cell.language === 'cpp' && !/^\s*%%/.test(cell.code);
  return { code: magicAdded ? `%%cpp\n${cell.code}` : cell.code, magicAdded };
}

/** Moves what the agent appended to the traceback of an `error` to `content.problems`. */
export function withProblems(emission: Emission): Emission {
  if (emission.type !== 'error') return emission;
  const traceback = z.array(z.string()).safeParse(emission.content['traceback']);
  const last = traceback.data?.at(-1);
  if (!traceback.success || !last?.startsWith(mark.start) || !last.endsWith(mark.end)) return emission;
  const json = last.slice(mark.start.length, -mark.end.length);
  return {
    ...emission,
    content: { ...emission.content, traceback: traceback.data.slice(0, -1), problems: parse(json) },
  };
}

function parse(text: string): readonly Problem[] {
  try {
    return Handover.parse(JSON.parse(text)).problems;
  } catch {
    // Printed by user code that raised such a line: no problem of ours.
    return [];
  }
}

/** Takes the agent's number off a message; 0 where it has none. */
export function takeMark(message: KernelMessage): [message: KernelMessage, mark: number] {
  const { rootbook_mark: found, ...metadata } = message.metadata ?? {};
  return typeof found === 'number' ? [{ ...message, metadata }, found] : [message, 0];
}
