import { z } from 'zod';

/** A row of what the interpreter knows about a class, a namespace or the global names. */
export const Entity = z.object({
  name: z.string().default(''),
  kind: z.enum([
    'class',
    'constructor',
    'destructor',
    'method',
    'template',
    'field',
    'enum',
    'constant',
    'global',
    'function',
    'type',
    'includes',
  ]),
  type: z.string().optional(),
  /** With parentheses, names and defaults. */
  signature: z.string().optional(),
  doc: z.string().optional(),
  /** The class that declares it. */
  owner: z.string().optional(),
  access: z.enum(['protected', 'private']).optional(),
  static: z.literal('yes').optional(),
  const: z.literal('yes').optional(),
  value: z.string().optional(),
  header: z.string().optional(),
  line: z.string().optional(),
});
export type Entity = z.infer<typeof Entity>;

/**
 * The interpreter that answers questions. Undefined is "no answer": it crashed, took too long, or is not there; never "there is
 * nothing".
 */
export interface Introspector {
  /** What the compiler prints about a program. @param folder of the file, for its `#include`s. */
  compile(program: string, folder: string, signal: AbortSignal): Promise<string | undefined>;
  /** The class or namespace itself, then its members and those of its bases. Null: the interpreter has no such type. */
  members(type: string, signal: AbortSignal): Promise<readonly Entity[] | null | undefined>;
  /** What can be named without a qualifier. */
  names(signal: AbortSignal): Promise<readonly Entity[] | undefined>;
}
