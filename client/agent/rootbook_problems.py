"""Where the mistakes of Python and C++ cells are, for rootbook_agent.py and rootbook_python.py. Standard library only."""

RED, PLAIN = "\x1b[31m", "\x1b[0m"


class CppError(Exception):
    """What a C++ cell failed with. Subclasses made for each error carry the name of the C++ exception."""

    def __init__(self, message, lines, problems):
        super().__init__(message)
        self._lines = lines
        self.rootbook_problems = problems

    def _render_traceback_(self):
        return self._lines


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


def problems_of(evalue, is_cell, raw_cell):
    """Where an error of a cell, Python's or C++'s, came out of it."""
    problems = getattr(evalue, "rootbook_problems", None)
    return python_problems(evalue, is_cell, blank_lines_before(raw_cell)) if problems is None else problems


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


def in_lines(texts):
    """What a compiler said, each text in lines of its own."""
    return "".join(text if text.endswith("\n") else text + "\n" for text in texts)


def cpp_error(name, outcome, texts):
    fields = {"line": int(outcome.line), "column": int(outcome.column)}
    fields.update({key: str(getattr(outcome, key)) for key in ("status", "name", "message")})
    problems = cpp_problems(name, fields, texts)
    if texts and fields["status"] == "error":
        lines = in_lines(texts).rstrip("\n").split("\n")
    else:
        place = "%s:%d:%d: " % (name, fields["line"], fields["column"]) if fields["line"] else ""
        lines = ["%s%s%s%s: %s" % (place, RED, fields["name"], PLAIN, fields["message"])]
    kind = type(fields["name"] or "CppError", (CppError,), {})
    return kind(fields["message"], lines, problems)
