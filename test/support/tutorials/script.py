"""Runs a Python script as `python SCRIPT` does, and then ROOT macros: script.py SCRIPT MACRO..."""

import sys

import ROOT

script, *macros = sys.argv[1:]
sys.argv = [script]
ROOT.gROOT.SetBatch(True)
with open(script, encoding="utf-8") as file:
    code = compile(file.read(), script, "exec")
module = {"__name__": "__main__", "__file__": script}
exec(code, module)
for macro in macros:
    ROOT.gROOT.ProcessLine(f".x {macro}")
