"""Makes a Python with ROOT a kernel: a plain IPython shell whose process the runner (runner.C) serves, forks and restores.

    python rootbook_python.py RUNNER

RUNNER is the runner's compiled library, or runner.C itself. Needs ROOTBOOK_SOCKET and ROOTBOOK_NONCE in the environment,
IPython and ROOT. There is one thread only, because a forked copy has no others.
"""

import asyncio
import builtins
import ctypes
import gc
import getpass
import json
import os
import shlex
import sys
import threading
import types
import warnings

import rootbook_problems as mistakes
from rootbook_shell import Input, Output, ZMQInteractiveShell

#: What PythonCalls::run answers, python-guest.h.
OK, FAILED, INTERRUPTED = 1, 2, 3

TEXT = ctypes.c_char_p
Run = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, TEXT, ctypes.c_int)
Ask = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_size_t)
Notify = ctypes.CFUNCTYPE(None)
Names = ctypes.CFUNCTYPE(ctypes.c_void_p)
Tell = ctypes.CFUNCTYPE(None, TEXT, TEXT, TEXT, ctypes.c_int, ctypes.c_int, TEXT)


class PythonCalls(ctypes.Structure):
    """As in python-guest.h."""

    _fields_ = [
        ("run", Run),
        ("ask", Ask),
        ("beforeFork", Notify),
        ("inCopy", Notify),
        ("settled", Notify),
        ("threads", Names),
    ]


class Runner:
    """The functions at the end of runner.C."""

    def __init__(self, ROOT, file):
        if file.endswith(".C"):
            ROOT.gInterpreter.ProcessLine(".L " + file)
            find = lambda name: int(ROOT.gInterpreter.Calc("(long)&" + name))
        else:
            ROOT.gSystem.Load(file)
            library = ctypes.CDLL(file)
            find = lambda name: ctypes.cast(getattr(library, name), ctypes.c_void_p).value
        # Those that wait let other threads run meanwhile.
        self.serve = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(find("rootbook_python"))
        self.ask = ctypes.CFUNCTYPE(TEXT, TEXT, ctypes.c_int)(find("rootbook_input"))
        self.cpp = ctypes.CFUNCTYPE(None, TEXT, TEXT, TEXT, ctypes.c_int, Tell)(find("rootbook_cpp"))
        self._message = ctypes.PYFUNCTYPE(None, TEXT, ctypes.c_size_t)(find("rootbook_message"))

    def send(self, content):
        self._message(content, len(content))


class Kernel:
    def __init__(self, runner):
        self.runner = runner
        self.shell = ZMQInteractiveShell.instance(send=runner.send)
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self.idle_loop = asyncio.new_event_loop()
        self.state_of_random = None
        self.names = None
        self.calls = PythonCalls(
            Run(self.run),
            Ask(self.ask),
            Notify(self.before_fork),
            Notify(self.in_copy),
            Notify(self.settled),
            Names(self.thread_names),
        )

    def install(self):
        flush_cpp = ctypes.PyDLL(None).fflush
        flush_cpp.argtypes = [ctypes.c_void_p]
        sys.stdout, sys.stderr = (Output(descriptor, lambda: flush_cpp(None)) for descriptor in (1, 2))
        sys.stdin = Input(self.input)
        builtins.input, getpass.getpass = self.input, self.password
        self.shell.register_magic_function(self.cpp, "cell", "cpp")
        self.shell.register_magic_function(self.jsroot, "line", "jsroot")

    def serve(self):
        self.runner.serve(ctypes.addressof(self.calls))

    # ------------------------------------------------------------ called by the runner

    def run(self, code, size, name, line):
        try:
            return self.run_cell(ctypes.string_at(code, size).decode("utf-8", "replace"), int(name[3:-1]))
        except KeyboardInterrupt:
            return INTERRUPTED
        except BaseException:
            self.shell.showtraceback()
            return FAILED

    def run_cell(self, code, count):
        shell = self.shell
        shell.execution_count = count
        shell.history_manager.skip_to(count)
        failure = None
        try:
            transformed = shell.transform_cell(code)
        except Exception:
            transformed, failure = code, sys.exc_info()
        # As in ipykernel, a loop runs while the cell does, which can make tasks.
        task = self.loop.create_task(
            shell.run_cell_async(code, store_history=True, transformed_cell=transformed, preprocessing_exc_tuple=failure)
        )
        while True:
            try:
                result = self.loop.run_until_complete(task)
                break
            except KeyboardInterrupt:
                if task.done():
                    raise
                task.cancel()
        shell.events.trigger("post_execute")
        shell.events.trigger("post_run_cell", result)
        if result.success:
            return OK
        error = result.error_before_exec or result.error_in_exec
        return INTERRUPTED if isinstance(error, (KeyboardInterrupt, asyncio.CancelledError)) else FAILED

    def ask(self, question, size):
        request = json.loads(ctypes.string_at(question, size))
        try:
            content = self.shell.answer(request["type"], request["content"])
        except Exception as error:
            content = {"status": "error", "ename": type(error).__name__, "evalue": str(error), "traceback": []}
        self.shell.send(request["type"].replace("_request", "_reply"), {**content, "request": request["id"]})

    def before_fork(self):
        self.end_script_thread()
        self.shell.history_manager.close_file()
        # Python seeds it anew in every child.
        self.state_of_random = sys.modules["random"].getstate() if "random" in sys.modules else None

    def settled(self):
        self.warm_up()
        self.shell.history_manager.write()

    def warm_up(self):
        """What a cell touches is copied now that there is a sleeping copy, and the next cell finds it so."""
        task = self.idle_loop.create_task(self.shell.run_nothing())
        self.idle_loop.run_until_complete(task)

    def in_copy(self):
        self.shell.history_manager.forget_written()
        if self.state_of_random is not None:
            sys.modules["random"].setstate(self.state_of_random)

    def thread_names(self):
        # That of tqdm is no loss: it makes another.
        others = [
            each.name
            for each in threading.enumerate()
            if each is not threading.main_thread() and type(each).__module__ != "tqdm._monitor"
        ]
        self.names = ctypes.create_string_buffer("\n".join(others).encode("utf-8", "replace"))
        return ctypes.addressof(self.names)

    def end_script_thread(self):
        """`%%bash` and its like leave a thread behind that waits for the next one."""
        magics = self.shell.magics_manager.registry.get("ScriptMagics")
        loop = getattr(magics, "event_loop", None)
        if loop is not None:
            magics.event_loop = None
            loop.call_soon_threadsafe(loop.stop)

    # ------------------------------------------------------------ for the user's cells

    def input(self, prompt=""):
        return self.question(prompt, False)

    def password(self, prompt="Password: ", stream=None):
        return self.question(prompt, True)

    def question(self, prompt, password):
        answer = self.runner.ask(str(prompt).encode("utf-8", "replace"), password)
        if answer is None:
            raise EOFError("nobody can be asked here")
        return answer.decode("utf-8", "replace").rstrip("\n")

    def jsroot(self, line):
        """Shows plots interactively (on) or as pictures (off)."""
        self.shell.send("rootbook_jsroot", {"on": line.strip() != "off"})

    def cpp(self, line, cell):
        """Runs the cell as C++. -d: declares it in one piece. -a: compiles it with ACLiC."""
        options = set(shlex.split(line))
        mode = "aclic" if options & {"-a", "--aclic"} else "declare" if options & {"-d", "--declare"} else "cpp"
        name = "In[%d]" % self.shell.count()
        told = []
        first = mistakes.first_line(self.shell.raw_cell, cell, False)
        self.runner.cpp(mode.encode(), cell.encode(), name.encode(), first, Tell(lambda *words: told.append(words)))
        status, kind, message, row, column, texts = (
            each.decode("utf-8", "replace") if isinstance(each, bytes) else each for each in told[0]
        )
        texts = texts.split("\x1e")[:-1]
        if status == "interrupted":
            raise KeyboardInterrupt(message)
        if status != "ok":
            outcome = types.SimpleNamespace(status=status, name=kind, message=message, line=row, column=column)
            raise mistakes.cpp_error(name, outcome, texts)
        sys.stderr.write(mistakes.in_lines(texts))


def load_root():
    """ROOT as in a notebook: it draws nowhere itself."""
    os.environ["ROOT_BATCH"] = "1"
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"\s*This distribution of ROOT is in alpha stage")
        import ROOT

        ROOT.gROOT.SetBatch(True)
    del os.environ["ROOT_BATCH"]
    return ROOT


if __name__ == "__main__":
    file, sys.path[0] = os.path.abspath(sys.argv[1]), ""
    sys.argv = [""]
    kernel = Kernel(Runner(load_root(), file))
    kernel.install()
    # What is there now stays: to look through it again would copy all of it from the sleeping copy.
    gc.collect()
    gc.freeze()
    kernel.serve()
