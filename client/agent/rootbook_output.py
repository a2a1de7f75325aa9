"""The output half of rootbook_agent.py: all that is printed goes straight to the kernel host, in its order."""

import atexit
import ctypes
import faulthandler
import functools
import os
import sys
import threading
import time


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
        self.partial = {descriptor: bytearray() for descriptor in self.descriptors}
        self.written = 0.0
        self.fflush = self.library.fflush
        self.files = [file for file in map(self.c_file, ("stdout", "stderr")) if file]

    def install(self, kernel):
        streams = [sys.stdout, sys.stderr]
        for stream in streams:
            stream.pub_thread, stream.flush  # ipykernel's, and not replaced by somebody else
        # Where ipykernel's stderr once went: the host shows it when the kernel has died.
        self.last_words = streams[1].fileno()
        if not faulthandler.is_enabled():
            faulthandler.enable(self.last_words, all_threads=False)
        originals = [os.dup(number) for number in (1, 2)]
        for number, descriptor in zip((1, 2), self.descriptors):
            os.dup2(descriptor, number)
        for file in self.files:
            self.library.setvbuf(file, None, 1, 0)  # _IOLBF
        for stream, descriptor in zip(streams, self.descriptors):
            redirect(stream, self.writer(stream, descriptor), self.drain)
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

    def writer(self, stream, descriptor):
        main = threading.main_thread().ident
        original = functools.partial(type(stream).write, stream)
        partial, present, now = self.partial[descriptor], threading.get_ident, time.monotonic

        def write(text):
            # What other threads print belongs to the cell that started them, which ipykernel knows.
            if not isinstance(text, str) or present() != main:
                return original(text)
            partial.extend(text.encode("utf-8", "backslashreplace"))
            # One print writes its words one by one: a line goes out as one, and a slow one (a row of dots) at once.
            if text.endswith("\n") or len(partial) > 8192 or now() - self.written > 0.05:
                self.drain()
            return len(text)

        return write

    def drain(self):
        self.fflush(None)  # what C++ printed before comes before
        for descriptor, partial in self.partial.items():
            if partial:
                write_all(descriptor, partial)
                partial.clear()
        self.written = time.monotonic()

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
        self.count += 1
        try:
            self.drain()
            for descriptor in self.descriptors:
                write_all(descriptor, b"\x1b_rootbook;%s;-%d\x1b\\" % (self.nonce.encode(), self.count))
        except OSError:
            return 0
        return self.count


def redirect(stream, write, drain):
    """Makes `write` what the stream writes with, also below what IPython wraps around it for each cell and takes off again."""
    plain = type(stream)

    class Stream(plain):
        @property
        def write(self):
            return self.__dict__.get("rootbook_write") or write

        @write.setter
        def write(self, value):
            self.__dict__["rootbook_write"] = None if getattr(value, "__func__", None) is plain.write else value

        def flush(self):
            drain()
            plain.flush(self)

    Stream.__name__ = Stream.__qualname__ = plain.__name__
    stream.__class__ = Stream


def write_all(descriptor, data):
    written = os.write(descriptor, data)
    while written < len(data):
        written += os.write(descriptor, data[written:])
