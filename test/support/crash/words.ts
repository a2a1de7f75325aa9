import { z } from 'zod';

/** What a crash test tells a window. */
export const Told = z.union([
  z.object({ run: z.array(z.object({ id: z.string(), code: z.string() })) }),
  /** The notebook was saved with these executions. */
  z.object({ saved: z.array(z.string()) }),
  /** Ends as a window that is reloaded ends: it says so. */
  z.object({ reload: z.literal(true) }),
]);
export type Told = z.infer<typeof Told>;

/** What a window says that it hears. */
export const Heard = z.union([
  z.object({ id: z.string(), text: z.string() }),
  z.object({ id: z.string(), display: z.string() }),
  z.object({ id: z.string(), what: z.enum(['started', 'done']) }),
  /** What it was told to be remembered, and follows. */
  z.object({ followed: z.array(z.string()) }),
]);
export type Heard = z.infer<typeof Heard>;
