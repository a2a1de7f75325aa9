import { describe, expect, it } from 'vitest';
import { UserError } from '../../../../client/src/base/errors.ts';
import type { CellEvent } from '../../../../client/src/kernels/cell-events.ts';
import { type CellView, showCell } from '../../../../client/src/notebooks/cell-run.ts';
import type { OutputChange } from '../../../../client/src/notebooks/outputs.ts';
import { cellRequest } from '../../../support/cell-request.ts';
import { createScriptedSession, type ScriptedSession } from '../../../support/scripted-session.ts';

const request = cellRequest('x');
const out = (text: string): CellEvent => ({ kind: 'stream', name: 'stdout', text });
const started: CellEvent = { kind: 'started', count: 3, at: undefined };
const done = (status: 'ok' | 'error' | 'aborted'): CellEvent => ({
  kind: 'done',
  status,
  count: 3,
  at: undefined,
});

interface RecordingView extends CellView {
  readonly log: string[];
  readonly changes: OutputChange[];
}

function recordingView(answer?: string): RecordingView {
  const log: string[] = [];
  const changes: OutputChange[] = [];
  return {
    log,
    changes,
    start: (count) => log.push(`start ${String(count)}`),
    change(batch) {
      changes.push(...batch);
      log.push(batch.map(({ kind }) => kind).join('+'));
      return Promise.resolve();
    },
    updateElsewhere: (id) => log.push(`update ${id}`),
    problems: (problems) => log.push(`${String(problems.length)} problems`),
    notice: (action) => log.push(`offer ${action}`),
    outputFile: (file) => log.push(`all in ${file}`),
    ask: (prompt, _, signal) => {
      log.push(`ask ${prompt}`);
      if (answer !== undefined) return Promise.resolve(answer === 'escape' ? undefined : answer);
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          log.push('question withdrawn');
          resolve(undefined);
        });
      });
    },
    end: (how) => log.push(`end ${how}`),
  };
}

function run(session: ScriptedSession, view: CellView): Promise<string> {
  const { signal } = new AbortController();
  return showCell(session.execute(request, signal), () => void session.interrupt(), view, 1, signal);
}

describe('a cell that runs', () => {
  it('starts when the kernel says so, shows its output in one batch and ends', async () => {
    const [session, view] = [createScriptedSession(), recordingView()];
    const end = run(session, view);
    session.say(0, started, out('a'), out('b'), done('ok'));
    expect(await end).toBe('ok');
    expect(view.log).toEqual(['start 3', 'append', 'end ok']);
  });

  it('shows output while it runs', async () => {
    const session = createScriptedSession();
    const view = recordingView();
    let onChange: () => void = () => undefined;
    const shown = new Promise<void>((resolve) => {
      onChange = resolve;
    });
    const end = run(session, { ...view, change: (batch) => view.change(batch).then(onChange) });
    session.say(0, started, out('a'));
    await shown;
    session.say(0, out('b'), done('ok'));
    await end;
    expect(view.log).toEqual(['start 3', 'append', 'extend', 'end ok']);
  });

  it('that never ran is told apart from one that failed', async () => {
    const [session, view] = [createScriptedSession(), recordingView()];
    const end = run(session, view);
    session.say(0, done('aborted'));
    expect(await end).toBe('notRun');
    expect(view.log).toEqual(['end notRun']);
  });

  it('passes problems, offers and updates of other cells on', async () => {
    const [session, view] = [createScriptedSession(), recordingView()];
    const end = run(session, view);
    const problem = { severity: 'error', message: 'm', line: 1, column: 1 } as const;
    session.say(
      0,
      started,
      { kind: 'update', data: {}, metadata: {}, displayId: 'd' },
      { kind: 'notice', text: 'n', action: 'restart' },
      { kind: 'error', name: 'e', message: 'm', traceback: [], problems: [problem] },
      done('error'),
    );
    expect(await end).toBe('failed');
    expect(view.log).toEqual(['start 3', 'update d', 'offer restart', '1 problems', 'append', 'end failed']);
  });

  it('says that the connection was lost, and keeps what it printed', async () => {
    const [session, view] = [createScriptedSession(), recordingView()];
    const end = run(session, view);
    session.say(0, started, out('so far'));
    session.fail(0, new UserError('The kernel host ended.'));
    expect(await end).toBe('failed');
    const outputs = view.changes.flatMap((change) => (change.kind === 'append' ? change.outputs : []));
    expect(outputs).toMatchObject([
      { kind: 'stream', text: 'so far' },
      { kind: 'error', name: 'Connection lost', message: 'The kernel host ended.' },
    ]);
  });

  it('answers a question of the kernel', async () => {
    const [session, view] = [createScriptedSession(), recordingView('Bob')];
    const end = run(session, view);
    const answered = new Promise<string>((reply) => {
      session.say(0, started, { kind: 'input', prompt: 'name?', password: false, reply });
    });
    expect(await answered).toBe('Bob');
    session.say(0, done('ok'));
    await end;
  });

  it('interrupts the kernel when its question is dismissed', async () => {
    const [session, view] = [createScriptedSession(), recordingView('escape')];
    const interrupted = new Promise<void>((resolve) => {
      session.interrupt = () => {
        resolve();
        return Promise.resolve();
      };
    });
    const end = run(session, view);
    session.say(0, started, { kind: 'input', prompt: 'name?', password: false, reply: () => undefined });
    await interrupted;
    session.say(0, done('error'));
    await end;
  });

  it('withdraws its question when it ends otherwise', async () => {
    const [session, view] = [createScriptedSession(), recordingView()];
    const end = run(session, view);
    session.say(
      0,
      started,
      { kind: 'input', prompt: 'name?', password: false, reply: () => undefined },
      done('ok'),
    );
    await end;
    expect(view.log).toContain('question withdrawn');
    expect(session.interrupts).toBe(0);
  });
});
