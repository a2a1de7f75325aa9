import { expect, it } from 'vitest';
import { withoutBreakdown } from '../../../../../client/src/kernel-host/runner/breakdown.ts';

it.each([
  ['cling JIT session error: Failed to materialize symbols: { (main, { a }) }\n', true],
  ['before\n[runStaticInitializersOnce]: Failed to materialize symbols: { (main, { a }) }\n', true],
  ['cling JIT session error: ', true],
  ['the user says: cling JIT session error: no\n', false],
  ["IncrementalExecutor::executeFunction: symbol '_Z3foov' unresolved while linking\n", false],
])('%j means that the interpreter is broken: %s', (text, broken) => {
  const seen = { broken: false, held: '', explained: false };
  const shown = withoutBreakdown(seen, text);
  expect(seen.broken).toBe(broken);
  if (!broken) expect(shown).toBe(text);
});

it('shows what helps, and no symbols inside cling, however the text is cut', () => {
  const seen = { broken: false, held: '', explained: false };
  const text =
    'mine\ncling JIT session error: Failed to materialize symbols: { }\n' +
    "symbol '_ZN5cling7runtime8internal15LifetimeHandlerD1Ev' unresolved\n" +
    'You are probably missing the definition of foo()\nand more';
  const pieces = text.match(/(mine\n|cling JIT session error: )|.{1,7}|\n/g) ?? [];
  expect(pieces.map((piece) => withoutBreakdown(seen, piece)).join('')).toBe(
    'mine\nYou are probably missing the definition of foo()\n',
  );
  expect(seen.held).toBe('and more');
});

it('says once what to do instead where a thread_local variable of a library is the reason', () => {
  const seen = { broken: false, held: '', explained: false };
  const text = [
    '[runStaticInitializersOnce]: Failed to materialize symbols: { }',
    "IncrementalExecutor::executeFunction: symbol '__emutls_v._ZSt11__once_call' unresolved while linking!",
    "IncrementalExecutor::executeFunction: symbol '__emutls_v._ZSt15__once_callable' unresolved while linking!",
    '',
  ].join('\n');
  const shown = withoutBreakdown(seen, text);
  expect(shown.match(/%%cpp -a/g)).toHaveLength(1);
  expect(shown).not.toContain('__emutls');
});
