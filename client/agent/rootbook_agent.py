"""Repairs a Python kernel (ipykernel) that uses ROOT, in place: C++ cells that fail when they fail, canvases with
a picture and a text beside the interactive plot, exact positions of mistakes.

Executed once in a namespace of its own by a silent request of the kernel host, which leaves the user's namespace,
history and counts alone. ROOT is imported when the user does, or by the first C++ cell. Needs nothing but the
standard library, IPython and ROOT; works from ipykernel 6 and ROOT 6.36 on.
"""

import base64
import ctypes
import faulthandler
import html
import json
import os
import re
import shlex
import sys
import types
import warnings

FOLDER = os.path.dirname(os.path.abspath(__file__))

#: Escape sequence, hidden by terminals, in which problems travel as the last line of a traceback.
MARK = "\x1b_rootbook;%s\x1b\\"


def sibling(name):
    """Names of another file of the agent, which is no module: nothing of it is on Python's path."""
    path = os.path.join(FOLDER, name)
    names = {"__name__": name, "__file__": path}
    with open(path, encoding="utf-8") as file:
        exec(compile(file.read(), path, "exec"), names)
    return types.SimpleNamespace(**names)


mistakes = sibling("rootbook_problems.py")
widgets = sibling("rootbook_widgets.py")


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
        self.follow_widgets()

    def follow_widgets(self):
        """The text of a widget is kept up to date, for pages that show only that."""
        publisher, hook = self.shell.display_pub, self.shell.displayhook

        def update(data, metadata, display_id):
            publisher.publish(data, metadata, transient={"display_id": display_id}, update=True)

        texts = widgets.WidgetTexts(update)

        def follow(message):
            content = message["content"] if message else {}
            if widgets.VIEW in content.get("data", {}):
                transient = content.setdefault("transient", {})
                display_id = texts.displayed(content["data"], content["metadata"], transient.get("display_id"))
                if display_id:
                    transient["display_id"] = display_id
            return message

        def write_result(*formats, write=hook.write_format_data):
            write(*formats)
            follow(hook.msg)

        publisher.register_hook(follow)
        hook.write_format_data = write_result
        self.shell.events.register("post_execute", texts.tell)

    def remember(self, info):
        self.raw_cell = info.raw_cell or ""

    def show_traceback(self, etype, evalue, stb):
        try:
            problems = mistakes.problems_of(evalue, self.is_cell, self.raw_cell)
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
            if self.pipes:
                let_python_tell_crashes(sys.modules["ROOT"], self.pipes.last_words)
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
        line_number = mistakes.first_line(self.raw_cell, cell, magic_added)
        mode = "aclic" if {"-a", "--aclic"} & set(options) else "declare" if {"-d", "--declare"} & set(options) else "run"
        outcome = run(mode, cell, name, line_number)
        texts = [str(diagnostic.text) for diagnostic in outcome.diagnostics]
        if str(outcome.status) == "ok":
            sys.stderr.write(mistakes.in_lines(texts))
            return
        raise mistakes.cpp_error(name, outcome, texts)

    def load_executor(self):
        if self.executor is None:
            import ROOT

            self.repair()
            if includes(ROOT, "python-cell.h"):
                prepare_interrupts(ROOT)
                self.executor = executor(ROOT, ROOT.rootbook.runPythonCell)
            elif includes(ROOT, "execute.h"):
                self.notice("On this machine C++ cells cannot be interrupted.")
                self.executor = executor(ROOT, ROOT.rootbook.runCell)
            else:
                raise RuntimeError("the C++ part of ROOTbook does not compile with this ROOT")
        return self.executor


def let_python_tell_crashes(ROOT, descriptor):
    """ROOT tells a crash by a debugger's report on all threads, many seconds later; Python names the cell's line at once."""
    for signal in ("kSigSegmentationViolation", "kSigBus", "kSigIllegalInstruction", "kSigFloatingException"):
        ROOT.gSystem.ResetSignal(getattr(ROOT, signal), True)
    faulthandler.disable()
    faulthandler.enable(descriptor, all_threads=False)


def prepare_interrupts(ROOT):
    """Tells C++ where Python's own code is."""
    first, last = code_range(ctypes.cast(ctypes.pythonapi.PyGILState_Check, ctypes.c_void_p).value)
    ROOT.gInterpreter.ProcessLine("rootbook::PythonInterrupts::Prepare(%dul, %dul);" % (first, last))


def code_range(address):
    """The part of memory with code that an address lies in."""
    try:
        with open("/proc/self/maps", encoding="utf-8") as maps:
            for line in maps:
                first, last = (int(number, 16) for number in line.split(" ", 1)[0].split("-"))
                if first <= address < last:
                    return first, last
    except OSError:
        pass
    return 0, 0


def includes(ROOT, header):
    return ROOT.gInterpreter.Declare('#include "%s"' % os.path.join(FOLDER, header))


def executor(ROOT, run_cell):
    functions = {"run": run_cell, "declare": ROOT.rootbook.declareCell, "aclic": ROOT.rootbook.compileCell}
    for function in functions.values():
        # So that output is shown while it is printed.
        function.__release_gil__ = True

    def run(mode, code, name, line):
        if mode != "aclic":
            return functions[mode](code, name, line)
        return functions[mode](code, name, line, os.getcwd())

    return run


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
        if drawer._canPngDisplay():
            data["image/png"] = base64.b64encode(drawer._getPngImage().data).decode("ascii")
        if self.helpers._enableJSVis and drawer._canJsDisplay():
            data["text/html"] = with_picture(drawer._getJsCode(), data.get("image/png"), data["text/plain"])
        return data


def with_picture(code, png, text):
    """JupyROOT's html, whose empty element holds the picture until JSROOT draws there: for readers that run no script."""
    empty = re.search(r'<div id="(root_plot_\w+)" style="[^"]*">\s*(?=</div>)', code)
    draw = empty and "Core.draw('%s'" % empty.group(1)
    if not png or not empty or code.count(draw) != 1:
        return code
    alt = html.escape(text).replace("\n", "&#10;")
    image = '<img src="data:image/png;base64,%s" style="width: 100%%" alt="%s">\n' % (png, alt)
    clear = "document.getElementById('%s').replaceChildren();\n   " % empty.group(1)
    code = code.replace(draw, clear + draw)
    return code[: empty.end()] + image + code[empty.end() :]


def describe(canvas):
    """What is in a canvas, for readers who cannot see it. The runner words it the same way."""
    title = str(canvas.GetTitle())
    lines = ["Canvas " + canvas.GetName() + (": " + title if title and title != canvas.GetName() else "")]
    describe_pad(canvas, lines, 0)
    return "\n".join(lines)


def describe_pad(pad, lines, depth):
    for item in pad.GetListOfPrimitives():
        if item.InheritsFrom("TVirtualPad"):
            if depth < 8:
                describe_pad(item, lines, depth + 1)
        elif item.InheritsFrom("TH1"):
            lines.append(titled(item) + statistics(item))
            lines.extend(titled(function) + parameters(function) for function in functions_of(item))
        elif item.InheritsFrom("TGraph"):
            lines.append("%s: %d points" % (titled(item), item.GetN()))
            lines.extend(titled(function) + parameters(function) for function in functions_of(item))
        elif item.InheritsFrom("TF1"):
            lines.append(titled(item) + parameters(item))


def titled(item):
    title = str(item.GetTitle())
    return "%s %s" % (item.ClassName(), item.GetName()) + (' "%s"' % title if title and title != item.GetName() else "")


def statistics(histogram):
    text = ": %.5g entries" % histogram.GetEntries()
    names = [""] if histogram.GetDimension() == 1 else [" x", " y", " z"][: histogram.GetDimension()]
    for axis, name in enumerate(names, 1):
        text += ", mean%s %.5g, std dev%s %.5g" % (name, histogram.GetMean(axis), name, histogram.GetStdDev(axis))
    return text


def functions_of(item):
    return [function for function in item.GetListOfFunctions() or [] if function.InheritsFrom("TF1")]


def parameters(function):
    values = []
    for index in range(function.GetNpar()):
        value = "%s %.5g" % (function.GetParName(index), function.GetParameter(index))
        error = function.GetParError(index)
        values.append(value + (" \u00b1 %.5g" % error if error > 0 else ""))
    return ": " + ", ".join(values) if values else ""


def load(paths, nonce):
    """Called with the host's named pipes, or with none."""
    from IPython import get_ipython

    shell = get_ipython()
    pipes = sibling("rootbook_output.py").Pipes(paths, nonce) if paths else None
    Agent(shell, pipes).install()
    if pipes:
        pipes.install(shell.kernel)


if __name__ == "rootbook_agent":
    load(*globals().get("rootbook_pipes", (None, None)))
