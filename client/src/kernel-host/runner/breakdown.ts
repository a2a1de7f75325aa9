/**
 * cling answers a name that it does not know in some places, such as the arguments of a constructor, with code that asks for
 * the name at run time. ROOT's wheels cannot link that code, and once cling has failed to, it fails with later cells as well.
 */
const failure = /^(cling JIT session error|\[runStaticInitializersOnce\]):/m;

const inside =
  /^.*(cling JIT session error:|\[runStaticInitializersOnce\]:|Failed to materialize symbols|5cling7runtime8internal|cling::runtime::internal|Maybe you need to load the corresponding shared library).*\n?/gm;

const threadLocal = /^.*symbol '__emutls_v\..*\n?/gm;
const threadLocalReason =
  'The interpreter cannot link thread_local variables of a library, which std::async, std::call_once and others use. ' +
  'Compile such code: in a cell that starts with %%cpp -a, or in a macro with .L macro.C+\n';

/** What is known of a task's stderr. */
export interface Breakdown {
  /** The interpreter is of no use any more. */
  broken: boolean;
  /** The beginning of a line whose end has not come yet; kept back only once the interpreter is broken. */
  held: string;
  /** Whether it was said why. */
  explained: boolean;
}

/** The next text of a task's stderr, without what says nothing to a user: symbols inside cling. */
export function withoutBreakdown(seen: Breakdown, text: string): string {
  seen.broken ||= failure.test(text);
  if (!seen.broken) return text;
  const all = seen.held + text;
  const end = all.lastIndexOf('\n') + 1;
  seen.held = all.slice(end);
  return all
    .slice(0, end)
    .replaceAll(inside, '')
    .replaceAll(threadLocal, () => {
      if (seen.explained) return '';
      seen.explained = true;
      return threadLocalReason;
    });
}
