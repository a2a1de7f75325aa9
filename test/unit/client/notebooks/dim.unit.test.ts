import { describe, expect, it } from 'vitest';
import { dim } from '../../../../client/src/notebooks/dim.ts';

describe('dimmed text', () => {
  it('is faint to its end, whatever colours it has', () => {
    expect(dim('a\nb')).toBe('\u001b[2ma\nb\u001b[0m');
    expect(dim('\u001b[31mred\u001b[0m plain \u001b[1mbold\u001b[22m plain')).toBe(
      '\u001b[2m\u001b[31mred\u001b[0m\u001b[2m plain \u001b[1mbold\u001b[22m\u001b[2m plain\u001b[0m',
    );
  });

  it('is not dimmed twice', () => {
    expect(dim(dim('a'))).toBe(dim('a'));
  });
});
