/**
 * Evaluates the formulas of TF1, TF2 and TF3 without `eval`. JSROOT turns a formula into a JavaScript expression and would
 * compile it with `Function`; the build puts this in its place, so that a formula of a notebook can only calculate.
 */
type Value = number | boolean | object | readonly Value[];
type Scope = ReadonlyMap<string, Value>;
type Node = (scope: Scope) => Value;

/** What JSROOT gives its formulas as `this`: the function object, with its mathematics as `$math`. */
interface Owner {
  readonly $math?: object;
}

/**
 * A function of the named variables; its `this` is the TF1. The last argument is the expression, as `return ...` or in braces.
 * @throws {SyntaxError} when it is more than an arithmetic expression.
 */
export const compileFormula = (...args: string[]): ((this: Owner, ...values: number[]) => number) => {
  const names = args.slice(0, -1);
  const body = (args.at(-1) ?? '').trim().replace(/^\{([\s\S]*)\}$/, '$1');
  const expression = body
    .trim()
    .replace(/^return\b/, '')
    .replace(/;\s*$/, '');
  const parser = new Parser(tokensOf(expression));
  const node = parser.parse();
  return function (this: Owner, ...values: number[]) {
    const scope = new Map<string, Value>([['this', this]]);
    names.forEach((name, index) => scope.set(name, values[index] ?? 0));
    return Number(node(scope));
  };
};

const token =
  /\s*(?:((?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)[fFlLuU]?|([A-Za-z_$][\w$]*(?:(?:\.|::)[A-Za-z_$][\w$]*)*)|(\*\*|&&|\|\||[<>=!]=|[-+*/%^()<>!?:,[\]]))/y;

const longest = 20_000;

const tokensOf = (text: string): string[] => {
  if (text.length > longest) throw new SyntaxError('The formula is too long.');
  const found: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.trimEnd().length) {
    const match = token.exec(text);
    if (!match) throw new SyntaxError('The formula has a character that is no arithmetic.');
    found.push(match[1] ?? match[2] ?? match[3] ?? '');
  }
  return found;
};

const binary: readonly (readonly (readonly [string, (a: number, b: number) => number | boolean])[])[] = [
  [['||', (a, b) => (a ? 1 : 0) | (b ? 1 : 0)]],
  [['&&', (a, b) => (a && b ? 1 : 0)]],
  [
    ['==', (a, b) => a === b],
    ['!=', (a, b) => a !== b],
  ],
  [
    ['<', (a, b) => a < b],
    ['>', (a, b) => a > b],
    ['<=', (a, b) => a <= b],
    ['>=', (a, b) => a >= b],
  ],
  [
    ['+', (a, b) => a + b],
    ['-', (a, b) => a - b],
  ],
  [
    ['*', (a, b) => a * b],
    ['/', (a, b) => a / b],
    ['%', (a, b) => a % b],
  ],
];

const deepest = 200;

class Parser {
  private at = 0;
  private depth = 0;
  private readonly tokens: readonly string[];

  constructor(tokens: readonly string[]) {
    this.tokens = tokens;
  }

  parse(): Node {
    const node = this.choice();
    if (this.at < this.tokens.length) throw new SyntaxError('The formula goes on after its end.');
    return node;
  }

  private accept(wanted: string): boolean {
    if (this.tokens[this.at] !== wanted) return false;
    this.at++;
    return true;
  }

  private expect(wanted: string): void {
    if (!this.accept(wanted)) throw new SyntaxError(`The formula lacks ${wanted}.`);
  }

  private choice(): Node {
    if (++this.depth > deepest) throw new SyntaxError('The formula is nested too deeply.');
    const condition = this.level(0);
    this.depth--;
    if (!this.accept('?')) return condition;
    const yes = this.choice();
    this.expect(':');
    const no = this.choice();
    return (scope) => (condition(scope) ? yes(scope) : no(scope));
  }

  private level(index: number): Node {
    const operators = binary[index];
    if (!operators) return this.unary();
    let left = this.level(index + 1);
    for (;;) {
      const operator = operators.find(([symbol]) => symbol === this.tokens[this.at]);
      if (!operator) return left;
      this.at++;
      const before = left;
      const right = this.level(index + 1);
      left = (scope) => operator[1](Number(before(scope)), Number(right(scope)));
    }
  }

  private unary(): Node {
    if (++this.depth > deepest) throw new SyntaxError('The formula is nested too deeply.');
    try {
      if (this.accept('+')) return this.unary();
      if (this.accept('-')) {
        const operand = this.unary();
        return (scope) => -Number(operand(scope));
      }
      if (this.accept('!')) {
        const operand = this.unary();
        return (scope) => !operand(scope);
      }
      return this.power();
    } finally {
      this.depth--;
    }
  }

  private power(): Node {
    const base = this.primary();
    if (!this.accept('^') && !this.accept('**')) return base;
    const exponent = this.unary();
    return (scope) => Number(base(scope)) ** Number(exponent(scope));
  }

  private primary(): Node {
    const found = this.tokens[this.at++];
    if (found === undefined) throw new SyntaxError('The formula ends too early.');
    if (found === '(') {
      const inner = this.choice();
      this.expect(')');
      return inner;
    }
    if (found === '[') return this.list(']');
    if (/^[\d.]/.test(found)) {
      const value = Number(found);
      return () => value;
    }
    if (!/^[A-Za-z_$]/.test(found)) throw new SyntaxError(`The formula has ${found} in a wrong place.`);
    return this.accept('(') ? call(found, this.list(')')) : this.name(found);
  }

  private list(end: string): (scope: Scope) => readonly Value[] {
    const items: Node[] = [];
    if (!this.accept(end)) {
      do items.push(this.choice());
      while (this.accept(','));
      this.expect(end);
    }
    return (scope) => items.map((item) => item(scope));
  }

  private name(name: string): Node {
    const constant = constants[name];
    if (constant !== undefined) return () => constant;
    return (scope) => {
      const value = scope.get(name);
      if (value === undefined) throw new SyntaxError(`The formula knows no ${name}.`);
      return value;
    };
  }
}

const constants: Readonly<Partial<Record<string, number>>> = {
  'Math.PI': Math.PI,
  'Math.E': Math.E,
  M_PI: Math.PI,
  true: 1,
  false: 0,
};

/** Only functions of `Math` and of JSROOT's mathematics can be called, by their own names. */
const call = (name: string, list: (scope: Scope) => readonly Value[]): Node => {
  const last = name.split(/\.|::/).at(-1) ?? '';
  if (last === 'double' || last === 'float' || last === 'int') return (scope) => list(scope)[0] ?? 0;
  return (scope) => {
    const owner = scope.get('this');
    const ours = typeof owner === 'object' && '$math' in owner ? owner.$math : undefined;
    const found = name.startsWith('this.')
      ? (own(ours, last) ?? own(Math, last))
      : (own(Math, last) ?? own(ours, last));
    if (!found) throw new SyntaxError(`The formula knows no function ${name}.`);
    return Number(found(...list(scope)));
  };
};

const own = (holder: unknown, name: string): ((...args: readonly Value[]) => unknown) | undefined => {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, name)) return undefined;
  const found: unknown = Reflect.get(holder, name);
  // SAFETY: own functions of Math and of JSROOT's math module take and give numbers.
  return typeof found === 'function' ? (found as (...args: readonly Value[]) => unknown) : undefined;
};
