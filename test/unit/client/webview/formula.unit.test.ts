import { describe, expect, it } from 'vitest';
import { compileFormula } from '../../../../client/webview/formula.ts';

const math = {
  Gaus: (x: number, mean: number, sigma: number) => Math.exp(-0.5 * ((x - mean) / sigma) ** 2),
  gaus: (owner: { scale: number }, x: number) => owner.scale * x,
};
const evaluate = (expression: string, ...values: number[]): number =>
  compileFormula('x', 'y', 'z', expression).call({ $math: math, scale: 3 }, ...values);

describe('a formula of ROOT', () => {
  it.each([
    ['return 1 + 2 * 3', 7],
    ['return -2 ** 2', -4],
    ['return 2^3^2', 512],
    ['return (1e-3 + .5) * 2', 1.002],
    ['{ return (2.5f*x) ; }', 5],
    ['return x > 1 ? y : z', 3],
    ['return x >= 2 && y != 3', 0],
    ['return (x<1)*5 + (x>=1)*x^2', 4],
    ['return !(x == 2) || y == 3', 1],
    ['return Math.sin(Math.PI / 2) * Math.pow(x,3)', 8],
    ['return std::sqrt(16) + TMath::Abs(-1)', Number.NaN],
    ['return this.$math.Gaus(x, 2, 0.5)', 1],
    ['return this.$math.gaus(this, x, 0)', 6],
    ['return max(x, y) % 2', 1],
    ['return double(x) / 4', 0.5],
  ])('%s', (expression, expected) => {
    if (Number.isNaN(expected)) expect(() => evaluate(expression, 2, 3, 4)).toThrow(SyntaxError);
    else expect(evaluate(expression, 2, 3, 4)).toBeCloseTo(expected, 12);
  });

  it.each([
    'return alert(1)',
    'return this.constructor.constructor("x")()',
    'return Math.constructor(1)',
    'return globalThis',
    'return x; y',
    'return (x, y)',
    'return x = 3',
    'return `x`',
    'while (1) {}',
    'return 1 +',
    `return ${'('.repeat(5000)}`,
    `return ${'-'.repeat(5000)}1`,
    `return ${'1+'.repeat(20000)}1`,
  ])('can only calculate: %s', (expression) => {
    expect(() => evaluate(expression, 1)).toThrow();
  });
});
