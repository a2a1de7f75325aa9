import { z } from 'zod';
import { type CellEvent, NoticeAction, Problem } from './cell-events.ts';
import { type KernelMessage, MimeBundle } from './messages.ts';

const Metadata = z.record(z.string(), z.unknown()).catch({});
const Stream = z.object({ name: z.enum(['stdout', 'stderr']).catch('stdout'), text: z.string() });
const Display = z.object({
  data: MimeBundle,
  metadata: Metadata,
  transient: z.object({ display_id: z.string().optional() }).optional().catch(undefined),
});
const Failure = z.object({
  ename: z.string().catch('Error'),
  evalue: z.string().catch(''),
  traceback: z.array(z.string()).catch([]),
  problems: z.array(Problem).catch([]),
});
const Count = z.object({ execution_count: z.number().optional().catch(undefined) });
const Notice = z.object({ text: z.string(), action: NoticeAction.nullable().catch(null) });
const Input = z.object({ prompt: z.string().catch(''), password: z.boolean().catch(false) });

/**
 * What a kernel message means for a cell; `undefined` for those that mean nothing to it or are malformed.
 *
 * @param answer sends the user's input to the kernel.
 */
export function toCellEvent(message: KernelMessage, answer: (text: string) => void): CellEvent | undefined {
  const { content } = message;
  switch (message.type) {
    case 'execute_input':
      return { kind: 'started', count: Count.parse(content).execution_count, at: message.at };
    case 'stream': {
      const stream = Stream.safeParse(content);
      return stream.success ? { kind: 'stream', ...stream.data } : undefined;
    }
    case 'display_data':
      return toDisplay('display', content);
    case 'update_display_data':
      return toDisplay('update', content);
    case 'execute_result':
      return toDisplay('result', content);
    case 'clear_output':
      return { kind: 'clear', wait: content['wait'] === true };
    case 'error': {
      const { ename, evalue, traceback, problems } = Failure.parse(content);
      return { kind: 'error', name: ename, message: evalue, traceback, problems };
    }
    case 'input_request':
      return { kind: 'input', ...Input.parse(content), reply: answer };
    case 'rootbook_left_out': {
      const { characters } = content;
      return typeof characters === 'number' ? { kind: 'leftOut', characters } : undefined;
    }
    case 'rootbook_output_file': {
      const { file } = content;
      return typeof file === 'string' ? { kind: 'outputFile', file } : undefined;
    }
    case 'rootbook_notice': {
      const notice = Notice.safeParse(content);
      return notice.success
        ? { kind: 'notice', text: notice.data.text, action: notice.data.action ?? undefined }
        : undefined;
    }
    case 'execute_reply': {
      const status = content['status'];
      const known = status === 'ok' || status === 'aborted' ? status : 'error';
      return { kind: 'done', status: known, count: Count.parse(content).execution_count, at: message.at };
    }
    default:
      return undefined;
  }
}

function toDisplay(
  kind: 'display' | 'update' | 'result',
  content: KernelMessage['content'],
): CellEvent | undefined {
  const display = Display.safeParse(content);
  if (!display.success) return undefined;
  const { data, metadata, transient } = display.data;
  return { kind, data, metadata, displayId: transient?.display_id };
}
