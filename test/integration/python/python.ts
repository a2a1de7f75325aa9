import { type CellResult, runCell, type TestHosts, testHosts } from '../../support/real-kernel.ts';
import type { CellEvent } from '../../../client/src/kernels/cell-events.ts';
import type { CellRequest, Session } from '../../../client/src/kernels/session.ts';

/** Python on our runner, as the product starts it. */
export interface TestPython {
  readonly hosts: TestHosts;
  readonly session: Session;
  run(code: string, changes?: Partial<CellRequest>): Promise<CellResult>;
}

export async function startPython(): Promise<TestPython> {
  const hosts = await testHosts();
  const session = await hosts.open('python');
  return {
    hosts,
    session,
    run: (code, changes) => runCell(session, code, { language: 'python', mayFail: true, ...changes }),
  };
}

/** What a cell showed, in its order: text as it is, of the rest what it is and the first line of its text form. */
export function shown({ events }: CellResult): string {
  return events
    .map((event) => {
      switch (event.kind) {
        case 'stream':
          return event.name === 'stdout' ? event.text : `[stderr ${event.text}]`;
        case 'error':
          return `[${event.name}: ${event.message}]`;
        case 'display':
        case 'update':
        case 'result':
          return `[${event.kind} ${textOf(event)}]`;
        case 'clear':
          return '[clear]';
        default:
          return '';
      }
    })
    .join('');
}

function textOf(event: Extract<CellEvent, { kind: 'display' | 'update' | 'result' }>): string {
  const text = event.data['text/plain'];
  return (Array.isArray(text) ? text.join('') : String(text)).split('\n')[0] ?? '';
}
