// A process that owns a kernel as a kernel host does, for tests that kill it. Says the kernel's pid and waits.
import { startTestKernel } from './kernel.ts';

const kernel = await startTestKernel();
const { stdout } = await kernel.python(
  'import os, subprocess; child = subprocess.Popen(["sleep", "1000"]); print(os.getpid())',
);
process.stdout.write(`${stdout.trim()}\n`);
const [mode] = process.argv.slice(2);
if (mode === 'python') void kernel.python('while True: pass');
// Holds Python's lock, so that nothing in Python could notice that the host is gone.
if (mode === 'lock') void kernel.python('import ctypes; ctypes.PyDLL(None).sleep(1000)');
