import { z } from 'zod';
import { type KernelMessage, MimeBundle } from './messages.ts';

/** Texts that may take the place of part of the code. */
export interface Completions {
  /** Which part, as offsets in the string. */
  readonly start: number;
  readonly end: number;
  readonly items: readonly Completion[];
}

interface Completion {
  readonly text: string;
  /** `function`, `instance`, `module`, ...; as the kernel words it, where it does. */
  readonly type: string | undefined;
  readonly signature: string | undefined;
}

const Typed = z.object({
  text: z.string(),
  type: z.string().nullish(),
  signature: z.string().nullish(),
});
const CompleteReply = z.object({
  status: z.literal('ok'),
  matches: z.array(z.string()),
  cursor_start: z.number(),
  cursor_end: z.number(),
  metadata: z.object({ _jupyter_types_experimental: z.array(Typed).catch([]) }).catch({
    _jupyter_types_experimental: [],
  }),
});
const InspectReply = z.object({ status: z.literal('ok'), found: z.literal(true), data: MimeBundle });

/** The content of a question about a place in code. Jupyter counts characters where strings count UTF-16 units. */
export function toQuestion(code: string, offset: number): { code: string; cursor_pos: number } {
  return { code, cursor_pos: Array.from(code.slice(0, offset)).length };
}

/** @returns `undefined` when the kernel knows none. */
export function toCompletions(code: string, reply: KernelMessage['content']): Completions | undefined {
  const { data } = CompleteReply.safeParse(reply);
  if (!data || data.matches.length === 0) return undefined;
  const types = new Map(data.metadata._jupyter_types_experimental.map((typed) => [typed.text, typed]));
  const characters = Array.from(code);
  const toOffset = (count: number): number => characters.slice(0, count).join('').length;
  return {
    start: toOffset(data.cursor_start),
    end: toOffset(data.cursor_end),
    items: data.matches.map((text) => {
      const { type, signature } = types.get(text) ?? {};
      return { text, type: type ?? undefined, signature: signature ?? undefined };
    }),
  };
}

/** @returns what the kernel knows of the name, in several forms. */
export function toInspection(reply: KernelMessage['content']): MimeBundle | undefined {
  return InspectReply.safeParse(reply).data?.data;
}
