"""The IPython shell of rootbook_python.py: what it shows goes to the kernel host. Starts no thread and knows no C++."""

import base64
import getpass
import io
import json
import math
import os
import sqlite3

from IPython.core import page
from IPython.core.completer import provisionalcompleter, rectify_completions
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import UsageError
from IPython.core.events import EventManager, available_events
from IPython.core.history import HistoryManager
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.process import system
from IPython.utils.tokenutil import token_at_cursor
from traitlets import Type

import rootbook_problems as mistakes
from rootbook_widgets import VIEW, WidgetTexts


class Output(io.TextIOWrapper):
    """stdout or stderr: written at once, after what C++ has printed before."""

    def __init__(self, descriptor, flush_cpp):
        file = io.BufferedWriter(io.FileIO(descriptor, "w", closefd=False))
        super().__init__(file, encoding="utf-8", errors="backslashreplace", newline="\n")
        self._flush_cpp = flush_cpp

    def write(self, text):
        count = super().write(text)
        self._flush_cpp()
        super().flush()
        return count


class Input(io.TextIOBase):
    """stdin: each line is asked for in the editor."""

    def __init__(self, ask):
        self._ask = ask

    def readable(self):
        return True

    def readline(self, size=-1):
        return self._ask("") + "\n"

    def read(self, size=-1):
        return self.readline()


class Publisher(DisplayPublisher):
    def publish(self, data, metadata=None, *, transient=None, update=False, **_):
        self._validate_data(data, metadata)
        content = self.shell.as_shown(data, metadata or {}, transient or {})
        self.shell.send("update_display_data" if update else "display_data", content)

    def clear_output(self, wait=False):
        self.shell.send("clear_output", {"wait": wait})


class ResultHook(DisplayHook):
    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        if format_dict:
            content = self.shell.as_shown(format_dict, md_dict or {}, {})
            self.shell.send("execute_result", {**content, "execution_count": self.prompt_count})


class History(HistoryManager):
    """The history of all sessions in the profile's file, as in IPython, but written between cells and by no thread. A connection
    to the file lives no longer than until the next fork."""

    def __init__(self, **traits):
        self._connection = None
        super().__init__(hist_file=":memory:", **traits)  # that starts no thread
        memory = self._connection
        self.connection_options = {**self.connection_options, "timeout": 1}
        try:
            self.hist_file = str(self._get_hist_file_name())
            self.init_db()
            self.new_session()
        except (OSError, sqlite3.Error):
            self.hist_file, self._connection = ":memory:", memory

    @property
    def db(self):
        if self._connection is None:
            kinds = sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES
            self._connection = sqlite3.connect(self.hist_file, detect_types=kinds, **self.connection_options)
        return self._connection

    @db.setter
    def db(self, connection):
        self._connection = connection

    def write(self):
        try:
            if self.db_input_cache or self.db_output_cache:
                self.writeout_cache()
        except sqlite3.Error:
            pass  # another process holds the file for long, or the disk is full

    def close_file(self):
        if self._connection is not None and self.hist_file != ":memory:":
            self._connection.close()
            self._connection = None

    def forget_written(self):
        """In a copy: its original has written since."""
        try:
            written = {line for (line,) in self.db.execute("SELECT line FROM history WHERE session = ?", (self.session_number,))}
            self.db_input_cache = [each for each in self.db_input_cache if each[0] not in written]
        except sqlite3.Error:
            pass

    def skip_to(self, count):
        """`In[count]` is the next cell: those between were C++ or are undone."""
        for inputs in (self.input_hist_parsed, self.input_hist_raw):
            inputs.extend([""] * (count - len(inputs)))


class ZMQInteractiveShell(InteractiveShell):
    """Named as ipykernel's, since libraries know by that name that rich output is shown."""

    displayhook_class = Type(ResultHook)
    display_pub_class = Type(Publisher)

    def __init__(self, send):
        self._send = send
        self.raw_cell = ""
        super().__init__()
        self.events.register("pre_run_cell", self._remember)
        self.widgets = WidgetTexts(self._update_widget)
        self.events.register("post_execute", self.widgets.tell)

    def as_shown(self, data, metadata, transient):
        """Of widgets only the text is shown: nobody here keeps them for a page, and a view without its widget is an error there."""
        if VIEW in data:
            display_id = self.widgets.displayed(data, metadata, transient.get("display_id"))
            data = {mime: value for mime, value in data.items() if mime != VIEW}
            metadata = {**metadata, "rootbook": {"widget": True}}
            transient = {**transient, **({"display_id": display_id} if display_id else {})}
        return {"data": data, "metadata": metadata, "transient": transient}

    def _update_widget(self, data, metadata, display_id):
        self.display_pub.publish(data, metadata, transient={"display_id": display_id}, update=True)

    async def run_nothing(self):
        """Runs an empty cell that nobody hears of."""
        if self.ast_transformers:
            return
        kept = self.events, self.last_execution_result, self.last_execution_succeeded
        self.events = EventManager(self, available_events)
        try:
            cell = TransformerManager().transform_cell("pass")
            await self.run_cell_async(cell, silent=True, transformed_cell=cell)
        finally:
            self.events, self.last_execution_result, self.last_execution_succeeded = kept

    def send(self, kind, content):
        self._send(to_json({"type": kind, "content": content}))

    def _remember(self, info):
        self.raw_cell = info.raw_cell or ""

    # ------------------------------------------------------------ as ipykernel has it

    def init_environment(self):
        os.environ.update(TERM="xterm-color", CLICOLOR="1", FORCE_COLOR="1", CLICOLOR_FORCE="1", PAGER="cat", GIT_PAGER="cat")
        os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")

    def init_virtualenv(self):
        pass

    def init_history(self):
        self.history_manager = History(shell=self, parent=self)
        self.configurables.append(self.history_manager)

    def init_hooks(self):
        super().init_hooks()
        self.set_hook("show_in_pager", page.as_hook(self._show_page), 99)

    def _show_page(self, text, start=0, screen_lines=0, pager_cmd=None):
        data = text if isinstance(text, dict) else {"text/plain": text}
        self.send("display_data", {"data": data, "metadata": {}, "transient": {}})

    def enable_gui(self, gui=None):
        if gui not in (None, "inline", "agg"):
            raise UsageError("%s needs an event loop, which this kernel does not have" % gui)

    def system_piped(self, cmd):
        if cmd.rstrip().endswith("&"):
            raise OSError("Background processes not supported.")
        self.user_ns["_exit_code"] = system(self.var_expand(cmd, depth=1))

    system = system_piped

    def ask_exit(self):
        os._exit(0)

    def _showtraceback(self, etype, evalue, stb):
        problems = mistakes.problems_of(evalue, self.is_cell, self.raw_cell)
        self.send("error", {"ename": etype.__name__, "evalue": str(evalue), "traceback": list(stb), "problems": problems})

    def is_cell(self, filename):
        return getattr(self.compile, "_filename_map", {}).get(filename) == self.count()

    def count(self):
        """Number of the running cell. IPython 9 counts on before it runs a cell, others afterwards."""
        return max(getattr(self.compile, "_filename_map", {}).values(), default=self.execution_count)

    # ------------------------------------------------------------ answers

    def answer(self, kind, content):
        """The content of the reply to a request."""
        if kind == "complete_request":
            return self._reply_complete(content["code"], content["cursor_pos"])
        if kind == "inspect_request":
            return self._reply_inspect(content["code"], content["cursor_pos"], content.get("detail_level", 0))
        if kind == "is_complete_request":
            status, indent = self.input_transformer_manager.check_complete(content["code"])
            return {"status": status, **({"indent": " " * indent} if status == "incomplete" else {})}
        return {"status": "error", "ename": "Unknown", "evalue": "%s is not answered" % kind, "traceback": []}

    def _reply_complete(self, code, cursor):
        with provisionalcompleter():
            found = list(rectify_completions(code, self.Completer.completions(code, cursor)))
        start, end = (found[0].start, found[0].end) if found else (cursor, cursor)
        types = [{"start": each.start, "end": each.end, "text": each.text, "type": each.type, "signature": each.signature}
                 for each in found]
        return {"status": "ok", "matches": [each.text for each in found], "cursor_start": start, "cursor_end": end,
                "metadata": {"_jupyter_types_experimental": types}}

    def _reply_inspect(self, code, cursor, detail):
        try:
            data = self.object_inspect_mime(token_at_cursor(code, cursor), detail_level=detail)
        except KeyError:
            return {"status": "ok", "found": False, "data": {}, "metadata": {}}
        return {"status": "ok", "found": True, "data": data, "metadata": {}}


def to_json(message):
    try:
        return json.dumps(message, allow_nan=False, default=encode).encode("ascii")
    except (TypeError, ValueError):  # numbers that JSON lacks, keys of other kinds
        return json.dumps(plain(message), default=encode).encode("ascii")


def encode(value):
    return base64.b64encode(value).decode("ascii") if isinstance(value, (bytes, bytearray, memoryview)) else str(value)


def plain(value):
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return repr(value) if isinstance(value, float) and not math.isfinite(value) else value
