"""Run by positions.unit.test.ts with any Python: the agent's pure functions need neither IPython nor ROOT."""

import importlib.util
import pathlib
import sys
import unittest

PATH = pathlib.Path(__file__).parents[3] / "client" / "agent" / "rootbook_problems.py"
sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location("agent_under_test", PATH)
agent = importlib.util.module_from_spec(spec)
spec.loader.exec_module(agent)

OUTCOME = {"line": 0, "column": 0, "message": "", "name": ""}


def raised(source, filename="cell"):
    try:
        exec(compile(source, filename, "exec"), {})
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


class Positions(unittest.TestCase):
    def test_clang_texts_are_taken_apart(self):
        for text, expected in [
            ("In[3]:2:5: error: no member named 'x'\n  x\n", ("In[3]", "error", "no member named 'x'", 2, 5)),
            ("In[3]:2:5: warning: unused: x", ("In[3]", "warning", "unused: x", 2, 5)),
            ("In[3]:2:5: fatal error: 'x.h' file not found", ("In[3]", "error", "'x.h' file not found", 2, 5)),
            ("C:/a b.h:7:1: note: here", ("C:/a b.h", "note", "here", 7, 1)),
        ]:
            name, problem = agent.position_of(text)
            self.assertEqual((name, problem["severity"], problem["message"], problem["line"], problem["column"]), expected)

    def test_other_texts_have_no_position(self):
        for text in ("", "error: x", "In[3]: error: x", "In[3]:a:b: error: x", "plain\nIn[3]:1:1: error: x"):
            self.assertIsNone(agent.position_of(text), text)

    def test_problems_of_other_files_are_no_problems_of_the_cell(self):
        texts = ["/usr/x.h:1:1: error: there", "In[1]:2:3: note: here"]
        problems = agent.cpp_problems("In[1]", {**OUTCOME, "line": 2, "column": 1, "message": "there"}, texts)
        self.assertEqual([(p["severity"], p["line"]) for p in problems], [("note", 2), ("error", 2)])

    def test_an_exception_without_text_is_named(self):
        problems = agent.cpp_problems("In[1]", {**OUTCOME, "line": 4, "column": 2, "name": "int"}, [])
        self.assertEqual(problems, [{"severity": "error", "message": "int", "line": 4, "column": 2}])

    def test_python_errors_are_placed_in_the_cell(self):
        is_cell = "cell".__eq__
        column = (lambda n: n) if sys.version_info >= (3, 11) else (lambda n: 1)
        for source, removed, expected in [
            ("1/0", 0, (1, column(1))),
            ("x = 1\nif x:\n    y = [1][5]", 0, (3, column(9))),
            ("x = 1\n1/0", 3, (5, column(1))),
            ("def f():\n    raise KeyError('a')\nf()", 0, (2, column(5))),
            ("ü = 'ü'; ü.nope", 0, (1, column(12))),
            ("import json\njson.loads('{')", 0, (2, column(1))),
            ("f(:", 0, (1, 3)),
            ("ü = f(:", 0, (1, 8)),
            ("x = 1\n  y = 2", 1, (3, None)),
        ]:
            (problem,) = agent.python_problems(raised(source), is_cell, removed)
            self.assertEqual(problem["line"], expected[0], source)
            if expected[1]:
                self.assertEqual(problem["column"], expected[1], source)

    def test_errors_from_elsewhere_have_no_place(self):
        self.assertEqual(agent.python_problems(raised("1/0", "other"), "cell".__eq__, 0), [])
        self.assertEqual(agent.python_problems(ValueError("never raised"), "cell".__eq__, 0), [])

    def test_blank_lines_are_counted(self):
        for code, count in [("x", 0), ("\nx", 1), ("  \n\t\n x\n\n", 2), ("", 0), ("\n\n", 0)]:
            self.assertEqual(agent.blank_lines_before(code), count, code)

    def test_lines_count_from_the_cell_as_its_author_sees_it(self):
        for raw, body, added, line in [
            ("%%cpp\nint x;", "int x;\n", True, 1),
            ("%%cpp\nint x;", "int x;\n", False, 2),
            ("\n\n%%cpp -d\nint x;\n", "int x;\n", False, 4),
            ("%%time\n%%cpp\nint x;", "int x;\n", False, 3),
            ("%%cpp\n", "", False, 1),
            ("something else", "int x;", True, 1),
        ]:
            self.assertEqual(agent.first_line(raw, body, added), line, raw)


if __name__ == "__main__":
    unittest.main()
