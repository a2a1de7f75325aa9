import { describe, expect, it } from 'vitest';
import { dim } from '../../../../client/src/notebooks/dim.ts';

describe('dimmed text', () => {
  it('is grey to its end, whatever colours it had', () => {
    expect(dim('a\nb')).toBe('\u001b[90ma\nb\u001b[39m');
    expect(dim('\u001b[1;31mred\u001b[0m plain')).toBe('\u001b[90mred plain\u001b[39m');
    expect(dim('')).toBe('');
  });

  it('is not dimmed twice', () => {
    expect(dim(dim('a'))).toBe(dim('a'));
  });
});
