"""Drives a stock kernel through jupyter_client and says how long its cells took, in milliseconds.

first CELL: starts the kernel, runs the cell and prints the time from the start to its end.
serve: prints "ready", then answers each line of standard input, a JSON list of cells, with a JSON list of times.
"""

import json
import os
import sys
import time

from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpec


def specification(name):
    if name == "python3":
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    else:
        argv = [sys.executable, "-m", "ROOT._jupyroot.kernel.rootkernel", "-f", "{connection_file}"]
    return KernelSpec(argv=argv, display_name=name, language=name)


def start(name):
    manager = KernelManager(kernel_name=name)
    manager._kernel_spec = specification(name)
    manager.start_kernel(stdout=2)
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=120)
    return manager, client


def run(client, code):
    """Until both the reply and idle were seen: then a user sees the cell as done."""
    began = time.perf_counter()
    message = client.execute(code)
    while True:
        reply = client.get_iopub_msg(timeout=120)
        if (
            reply["parent_header"].get("msg_id") == message
            and reply["msg_type"] == "status"
            and reply["content"]["execution_state"] == "idle"
        ):
            break
    client.get_shell_msg(timeout=120)
    return 1000 * (time.perf_counter() - began)


def main():
    name, mode = sys.argv[1:3]
    began = time.perf_counter()
    manager, client = start(name)
    try:
        if mode == "first":
            run(client, sys.argv[3])
            print(1000 * (time.perf_counter() - began))
            return
        print("ready", flush=True)
        for line in sys.stdin:
            print(json.dumps([run(client, code) for code in json.loads(line)]), flush=True)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


os.environ.setdefault("PYTHONWARNINGS", "ignore")
main()
