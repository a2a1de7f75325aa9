"""Repairs a Python kernel (ipykernel) that uses ROOT, in place: C++ cells that fail when they fail, canvases with
a picture and a text beside the interactive plot, exact positions of mistakes.

Executed once in a namespace of its own by a silent request of the kernel host, which leaves the user's namespace,
history and counts alone. ROOT is imported when the user does, or by the first C++ cell. Needs nothing but the
standard library, IPython and ROOT; works from ipykernel 6 and ROOT 6.36 on.
"""

import atexit
import base64
import ctypes
import faulthandler
import functools
import json
import os
import shlex
import sys
import threading
import warnings

FOLDER = os.path.dirname(os.path.abspath(__file__))

#: Escape sequence, hidden by terminals, in which problems travel as the last line of a traceback.
MARK = "\x1b_rootbook;%s\x1b\\"

RED, PLAIN = "\x1b[31m", "\x1b[0m"


class CppError(Exception):
    """What a C++ cell failed with. Subclasses made for each error carry the name of the C++ exception."""

    def __init__(self, message, lines, problems):
        super().__init__(message)
        self._lines = lines
        self.rootbook_problems = problems

    def _render_traceback_(self):
        return self._lines


# ---------------------------------------------------------------- where mistakes are


def position_of(text):
    """Takes clang's `name:line:column: severity: message` apart; None where a text does not start like that."""
    first = text.split("\n", 1)[0]
    for severity in ("fatal error", "error", "warning", "note"):
        place, found, message = first.partition(": %s: " % severity)
        parts = place.rsplit(":", 2)
        if found and len(parts) == 3 and parts[1].isdigit() and parts[2].isdigit():
            kind = "error" if severity == "fatal error" else severity
            return parts[0], {"severity": kind, "message": message, "line": int(parts[1]), "column": int(parts[2])}
    return None


def cpp_problems(name, outcome, texts):
    """Problems of a C++ cell called `name`, from the compiler's texts and the place of the failure itself."""
    found = [position_of(text) for text in texts]
    problems = [problem for place in found if place for (where, problem) in [place] if where == name and problem["line"] > 0]
    if not any(problem["severity"] == "error" for problem in problems) and outcome["line"] > 0:
        message = outcome["message"] or outcome["name"]
        problems.append(problem_at(message, outcome["line"], outcome["column"]))
    return problems


def problem_at(message, line, column):
    return {"severity": "error", "message": message, "line": max(line, 1), "column": max(column, 1)}


def python_problems(evalue, is_cell, removed_lines):
    """The place in the cell where a Python error came out of it; `removed_lines`: blank ones before the code."""
    message = "%s: %s" % (type(evalue).__name__, evalue)
    if isinstance(evalue, SyntaxError) and evalue.lineno and is_cell(evalue.filename):
        column = byte_column(evalue.text or "", evalue.offset or 1)
        return [problem_at(evalue.msg or message, evalue.lineno + removed_lines, column)]
    trace, inner = evalue.__traceback__, None
    while trace is not None:
        if is_cell(trace.tb_frame.f_code.co_filename):
            inner = trace
        trace = trace.tb_next
    if inner is None:
        return []
    return [problem_at(message, inner.tb_lineno + removed_lines, column_of(inner))]


def column_of(trace):
    """Column, in bytes from 1, of the expression that a frame was in; 1 before Python 3.11."""
    positions = getattr(trace.tb_frame.f_code, "co_positions", None)
    if positions is None:
        return 1
    for index, (_, _, column, _) in enumerate(positions()):
        if index == trace.tb_lasti // 2:
            return (column or 0) + 1
    return 1


def byte_column(text, characters):
    return len(text[: characters - 1].encode("utf-8", "replace")) + 1


def blank_lines_before(code):
    """IPython takes blank lines off the start of a cell, and counts without them."""
    count = 0
    for line in code.split("\n"):
        if line.strip():
            return count
        count += 1
    return 0


def first_line(raw, body, magic_added):
    """Line of the cell, as its author sees it, at which the body of its magic starts."""
    at = raw.rfind(body.rstrip("\n")) if body.strip() else -1
    return max(1, raw.count("\n", 0, max(at, 0)) + (0 if magic_added else 1))


# ---------------------------------------------------------------- output


class Pipes:
    """Lets all that is printed, by Python and by C++, go to the kernel host in one stream each for stdout and stderr.

    Messages whose place among the output matters are numbered, and their number is written into both streams first.
    """

    ORDERED = {"display_data", "update_display_data", "execute_result", "error", "clear_output", "comm_open", "comm_msg",
               "comm_close", "rootbook_notice"}

    def __init__(self, paths, nonce):
        self.nonce = nonce
        self.count = 0
        self.pid = os.getpid()
        self.lock = threading.RLock()
        self.library = ctypes.CDLL(None)
        self.descriptors = [os.open(path, os.O_WRONLY | os.O_CLOEXEC) for path in paths]
        self.files = [file for file in map(self.c_file, ("stdout", "stderr")) if file]

    def install(self, kernel):
        streams = [sys.stdout, sys.stderr]
        for stream in streams:
            stream.pub_thread, stream.flush  # ipykernel's, and not replaced by somebody else
        if not faulthandler.is_enabled():
            # To where ipykernel's stderr once went: the host shows it when the kernel has died.
            faulthandler.enable(streams[1].fileno(), all_threads=False)
        originals = [os.dup(number) for number in (1, 2)]
        for number, descriptor in zip((1, 2), self.descriptors):
            os.dup2(descriptor, number)
        for file in self.files:
            self.library.setvbuf(file, None, 1, 0)  # _IOLBF
        for stream, descriptor in zip(streams, self.descriptors):
            redirect(stream, self.writer(stream, descriptor))
        self.send = kernel.session.send
        kernel.session.send = self.send_in_order
        os.register_at_fork(after_in_child=self.renew_lock)
        # ipykernel wakes the readers of its own pipes through these when it ends.
        atexit.register(lambda: [os.dup2(original, number) for original, number in zip(originals, (1, 2))])

    def c_file(self, name):
        for symbol in (name, "__%sp" % name):
            try:
                return ctypes.c_void_p.in_dll(self.library, symbol)
            except ValueError:
                continue
        return None

    def renew_lock(self):
        self.lock = threading.RLock()

    def flush(self):
        for file in self.files:
            self.library.fflush(file)

    def writer(self, stream, descriptor):
        main = threading.main_thread()
        original = functools.partial(type(stream).write, stream)

        def write(text):
            # What other threads print belongs to the cell that started them, which ipykernel knows.
            if not isinstance(text, str) or threading.current_thread() is not main:
                return original(text)
            self.flush()
            write_all(descriptor, text.encode("utf-8", "backslashreplace"))
            return len(text)

        return write

    def send_in_order(self, stream, msg_or_type, content=None, parent=None, ident=None, buffers=None, track=False,
                      header=None, metadata=None):
        is_message = isinstance(msg_or_type, dict)
        kind = msg_or_type["msg_type"] if is_message else msg_or_type
        idle = kind == "status" and (msg_or_type["content"] if is_message else content or {}).get("execution_state") == "idle"
        if os.getpid() != self.pid or not (idle or kind in self.ORDERED):
            return self.send(stream, msg_or_type, content, parent, ident, buffers, track, header, metadata)
        with self.lock:
            mark = {"rootbook_mark": self.mark()}
            if is_message:
                msg_or_type["metadata"] = {**msg_or_type.get("metadata", {}), **mark}
            else:
                metadata = {**(metadata or {}), **mark}
            return self.send(stream, msg_or_type, content, parent, ident, buffers, track, header, metadata)

    def mark(self):
        """Number of the next message, once it is in both streams; 0 where user code has closed them."""
        self.flush()
        self.count += 1
        try:
            for descriptor in self.descriptors:
                write_all(descriptor, b"\x1b_rootbook;%s;%d\x1b\\" % (self.nonce.encode(), self.count))
        except OSError:
            return 0
        return self.count


def redirect(stream, write):
    """Makes `write` what the stream writes with, also below what IPython wraps around it for each cell and takes off again."""
    plain = type(stream)

    class Stream(plain):
        @property
        def write(self):
            return self.__dict__.get("rootbook_write") or write

        @write.setter
        def write(self, value):
            self.__dict__["rootbook_write"] = None if getattr(value, "__func__", None) is plain.write else value

    Stream.__name__ = Stream.__qualname__ = plain.__name__
    stream.__class__ = Stream


def write_all(descriptor, data):
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


# ---------------------------------------------------------------- the repairs


class Agent:
    def __init__(self, shell, pipes):
        self.shell = shell
        self.pipes = pipes
        self.raw_cell = ""
        self.repaired = False
        self.executor = None

    def install(self):
        warnings.filterwarnings("ignore", message=r"\s*This distribution of ROOT is in alpha stage")
        self._show = self.shell._showtraceback
        self.shell._showtraceback = self.show_traceback
        self.shell.register_magic_function(self.cpp, "cell", "cpp")
        self.shell.events.register("pre_run_cell", self.remember)
        # Registered before JupyROOT's own, so that it is repaired before it draws.
        self.shell.events.register("post_execute", self.repair)

    def remember(self, info):
        self.raw_cell = info.raw_cell or ""

    def show_traceback(self, etype, evalue, stb):
        try:
            problems = getattr(evalue, "rootbook_problems", None)
            if problems is None:
                problems = python_problems(evalue, self.is_cell, blank_lines_before(self.raw_cell))
            stb = [*stb, MARK % json.dumps({"problems": problems})]
        except Exception:
            pass  # The error itself matters more than where it is.
        self._show(etype, evalue, stb)

    def is_cell(self, filename):
        return getattr(self.shell.compile, "_filename_map", {}).get(filename) == self.count()

    def count(self):
        """Number of the running cell. IPython 9 counts on before it runs a cell, others afterwards."""
        return max(getattr(self.shell.compile, "_filename_map", {}).values(), default=self.shell.execution_count)

    def notice(self, text):
        kernel = self.shell.kernel
        content = {"text": text, "action": None}
        kernel.session.send(kernel.iopub_socket, "rootbook_notice", content, parent=self.shell.get_parent())

    def repair(self):
        """Once JupyROOT is loaded, puts our parts in place of some of its."""
        helpers = sys.modules.get("ROOT._jupyroot.helpers.utils") or sys.modules.get("JupyROOT.helpers.utils")
        if self.repaired or helpers is None:
            return
        self.repaired = True
        self.shell.register_magic_function(self.cpp, "cell", "cpp")
        try:
            Canvases(helpers).install()
            if self.pipes:
                self.remove_capture(helpers)
        except Exception as error:
            self.notice("This ROOT's notebook support could not be improved, so it runs as it is: %r" % error)

    def remove_capture(self, helpers):
        """JupyROOT's own capture takes 0.1 s of each cell, mixes up the order, and hangs when C++ prints much."""
        for capture in helpers.captures:
            if isinstance(capture, helpers.StreamCapture):
                self.shell.events.unregister("pre_execute", capture.pre_execute)
                self.shell.events.unregister("post_execute", capture.post_execute)

    # ------------------------------------------------------------ C++ cells

    def cpp(self, line, cell):
        """Runs the cell as C++. -d: declares it in one piece. -a: compiles it with ACLiC."""
        options = shlex.split(line)
        run = self.load_executor()
        name = "In[%d]" % self.count()
        metadata = (self.shell.get_parent() or {}).get("metadata", {})
        magic_added = metadata.get("rootbook", {}).get("magicAdded", False)
        line_number = first_line(self.raw_cell, cell, magic_added)
        mode = "aclic" if {"-a", "--aclic"} & set(options) else "declare" if {"-d", "--declare"} & set(options) else "run"
        outcome = run(mode, cell, name, line_number)
        texts = [str(diagnostic.text) for diagnostic in outcome.diagnostics]
        if str(outcome.status) == "ok":
            for text in texts:
                sys.stderr.write(text if text.endswith("\n") else text + "\n")
            return
        raise cpp_error(name, outcome, texts)

    def load_executor(self):
        if self.executor is None:
            import ROOT

            self.repair()
            if not ROOT.gInterpreter.Declare('#include "%s"' % os.path.join(FOLDER, "execute.h")):
                raise RuntimeError("the C++ part of ROOTbook does not compile with this ROOT")
            self.executor = executor(ROOT)
        return self.executor


def executor(ROOT):
    functions = {"run": ROOT.rootbook.runCell, "declare": ROOT.rootbook.declareCell, "aclic": ROOT.rootbook.compileCell}
    for function in functions.values():
        # So that output is shown while it is printed.
        function.__release_gil__ = True

    def run(mode, code, name, line):
        if mode != "aclic":
            return functions[mode](code, name, line)
        return functions[mode](code, name, line, os.getcwd())

    return run


def cpp_error(name, outcome, texts):
    fields = {"line": int(outcome.line), "column": int(outcome.column)}
    fields.update({key: str(getattr(outcome, key)) for key in ("status", "name", "message")})
    problems = cpp_problems(name, fields, texts)
    if texts and fields["status"] == "error":
        lines = "".join(text if text.endswith("\n") else text + "\n" for text in texts).rstrip("\n").split("\n")
    else:
        place = "%s:%d:%d: " % (name, fields["line"], fields["column"]) if fields["line"] else ""
        lines = ["%s%s%s%s: %s" % (place, RED, fields["name"], PLAIN, fields["message"])]
    kind = type(fields["name"] or "CppError", (CppError,), {})
    return kind(fields["message"], lines, problems)


# ---------------------------------------------------------------- canvases


class Canvases:
    """Shows canvases when and as JupyROOT does, with a picture and a text beside its interactive plot."""

    def __init__(self, helpers):
        self.helpers = helpers

    def install(self):
        for name in ("NotebookDraw", "GetDrawers", "NotebookDrawerCanvBase", "_canvasHandles"):
            getattr(self.helpers, name)
        self.helpers.NotebookDraw = self.draw_all
        # ROOT's own system.rootrc turns plots from data off, because elsewhere drawing them needs the network.
        setting = self.helpers.ROOT.gEnv.Lookup("Jupyter.JSRoot")
        if not setting or setting.GetLevel() == self.helpers.ROOT.kEnvGlobal:
            self.helpers.enableJSVis(True)

    def draw_all(self):
        from IPython.display import display

        for drawer in self.helpers.GetDrawers():
            if isinstance(drawer, self.helpers.NotebookDrawerCanvBase):
                self.draw(drawer, display)
            else:
                drawer.Draw(display)

    def draw(self, drawer, display):
        data = self.bundle(drawer)
        handles, name = self.helpers._canvasHandles, drawer._getCanvasId()
        if drawer._getUpdated() and handles.get(name):
            handles[name].update(data, raw=True)
        else:
            handles[name] = display(data, raw=True, display_id=True)

    def bundle(self, drawer):
        data = {"text/plain": describe(drawer.drawObject)}
        if self.helpers._enableJSVis and drawer._canJsDisplay():
            data["text/html"] = drawer._getJsCode()
        if drawer._canPngDisplay():
            data["image/png"] = base64.b64encode(drawer._getPngImage().data).decode("ascii")
        return data


def describe(canvas):
    """What is in a canvas, for readers who cannot see it."""
    lines = ['Canvas "%s"' % canvas.GetName()]
    collect(canvas, lines)
    return "\n".join(lines)


def collect(pad, lines):
    for item in pad.GetListOfPrimitives():
        if item.InheritsFrom("TPad"):
            collect(item, lines)
        elif item.InheritsFrom("TH1"):
            lines.append(
                '%s "%s"%s: %g entries, mean %.4g, std dev %.4g'
                % (item.ClassName(), item.GetName(), titled(item), item.GetEntries(), item.GetMean(), item.GetStdDev())
            )
        elif item.InheritsFrom("TGraph"):
            lines.append('%s "%s"%s: %d points' % (item.ClassName(), item.GetName(), titled(item), item.GetN()))
        elif not item.InheritsFrom("TFrame"):
            lines.append('%s "%s"%s' % (item.ClassName(), item.GetName(), titled(item)))


def titled(item):
    title = str(item.GetTitle())
    return " (%s)" % title if title and title != item.GetName() else ""


def load(paths, nonce):
    """Called with the host's named pipes, or with none."""
    from IPython import get_ipython

    shell = get_ipython()
    pipes = Pipes(paths, nonce) if paths else None
    Agent(shell, pipes).install()
    if pipes:
        pipes.install(shell.kernel)


if __name__ == "rootbook_agent":
    load(*globals().get("rootbook_pipes", (None, None)))
