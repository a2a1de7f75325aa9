import { describe, expect, it } from 'vitest';
import type { Piece } from '../../../../client/src/kernel-host/marks.ts';
import { Merge, type StreamName } from '../../../../client/src/kernel-host/merge.ts';

type Step =
  | readonly ['message', string, number]
  | readonly [StreamName, string | number]
  | readonly ['release', number]
  | readonly ['end'];

/** A negative number is the end mark of a cell. */
function toPiece(step: string | number): Piece {
  if (typeof step === 'string') return { text: step };
  return step < 0 ? { mark: -step } : { message: step };
}

function run(steps: readonly Step[]): string {
  const said: string[] = [];
  const merge = new Merge<string>(
    (name, piece) => {
      const text = 'text' in piece ? piece.text : `(end of ${String(piece.mark)})`;
      said.push(name === 'stdout' ? text : `!${text}`);
    },
    (message) => said.push(message.toUpperCase()),
  );
  for (const step of steps) {
    if (step[0] === 'message') merge.addMessage(step[1], step[2]);
    else if (step[0] === 'release') merge.release(step[1]);
    else if (step[0] === 'end') merge.end();
    else merge.addPiece(step[0], toPiece(step[1]));
  }
  return said.join(' ');
}

describe('output and messages come out in the order of the kernel', () => {
  it.each<[string, readonly Step[], string]>([
    [
      'text without marks passes at once',
      [
        ['stdout', 'a'],
        ['stderr', 'b'],
      ],
      'a !b',
    ],
    ['a message without a mark passes at once', [['message', 'm', 0]], 'M'],
    [
      'a message waits for both pipes',
      [
        ['message', 'm', 1],
        ['stdout', 1],
      ],
      '',
    ],
    [
      'a message comes after the text before its mark',
      [
        ['message', 'm', 1],
        ['stdout', 'a'],
        ['stdout', 1],
        ['stderr', 'b'],
        ['stderr', 1],
      ],
      'a !b M',
    ],
    [
      'text behind a mark waits for the message',
      [
        ['stdout', 1],
        ['stdout', 'b'],
        ['stderr', 1],
      ],
      '',
    ],
    [
      'text behind a mark comes after the message',
      [
        ['stdout', 1],
        ['stdout', 'b'],
        ['stderr', 1],
        ['message', 'm', 1],
      ],
      'M b',
    ],
    [
      'one pipe may be far ahead',
      [
        ['stdout', 'a'],
        ['stdout', 1],
        ['stdout', 'b'],
        ['stdout', 2],
        ['stdout', 'c'],
        ['message', 'm', 1],
        ['message', 'n', 2],
        ['stderr', 1],
        ['stderr', 2],
      ],
      'a M b N c',
    ],
    [
      'unmarked messages keep their place among marked ones',
      [
        ['message', 'm', 1],
        ['message', 'x', 0],
        ['stdout', 1],
        ['stderr', 1],
      ],
      'M X',
    ],
    [
      'a lost message holds up nothing',
      [
        ['stdout', 1],
        ['stderr', 1],
        ['stdout', 'a'],
        ['stdout', 2],
        ['stderr', 2],
        ['message', 'n', 2],
      ],
      'a N',
    ],
    [
      'the end mark of a cell keeps its place as text does',
      [
        ['stdout', 1],
        ['stdout', -7],
        ['stderr', 1],
        ['message', 'm', 1],
      ],
      'M (end of 7)',
    ],
    [
      'text goes on behind a message that is known to be lost',
      [
        ['stdout', 1],
        ['stdout', 'a'],
        ['release', 1],
        ['stdout', 2],
        ['stdout', 'b'],
      ],
      'a',
    ],
    [
      'the end lets go of all',
      [['message', 'm', 1], ['stdout', 'a'], ['stdout', 1], ['stdout', 'b'], ['end']],
      'a b M',
    ],
  ])('%s', (_, steps, expected) => {
    expect(run(steps)).toBe(expected);
  });
});
