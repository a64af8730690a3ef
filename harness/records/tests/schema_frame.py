# SPDX-License-Identifier: MIT
"""What tests of JSON schemas share: a good document must obey, broken ones must not. Prints TAP."""
import copy
import json
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    jsonschema = None

DELETE = object()  # as a value: the member is taken away


def refuse_constant(name):
    raise ValueError(f"{name} is no JSON")


def printed_by(command):
    """The document that the command prints, which is strict JSON."""
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(text, parse_constant=refuse_constant)


class Skip(Exception):
    """Raised by a test that cannot run here."""


def run_tests(tests):
    """tests: list of (name, function, argument...). Prints TAP and ends the program."""
    print(f"1..{len(tests)}")
    failed = 0
    for number, (name, test, *arguments) in enumerate(tests, 1):
        try:
            test(*arguments)
            print(f"ok {number} - {name}")
        except Skip as reason:
            print(f"ok {number} - {name} # SKIP {reason}")
        except Exception as error:  # a test that breaks in any way has failed
            failed += 1
            print(f"not ok {number} - {name}\n# {type(error).__name__}: {(str(error).splitlines() or [''])[0]}")
    sys.exit(failed != 0)


def as_ecma(rule):
    """Python's $ also stands before a newline at the end; in JSON Schema it does not."""
    if isinstance(rule.get("pattern"), str):
        rule["pattern"] = rule["pattern"].replace("$", r"\Z")
    return rule


def validator(path):
    """Of the schema in that file, which must be one."""
    if not jsonschema:
        raise Skip("python3-jsonschema is not installed")
    with open(path, encoding="utf-8") as f:
        schema = json.load(f, object_hook=as_ecma)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


class Schema:
    def __init__(self, path):
        if not jsonschema:
            print("1..0 # SKIP python3-jsonschema is not installed")
            sys.exit(0)
        with open(path, encoding="utf-8") as f:
            self.schema = json.load(f, object_hook=as_ecma)
        self.validator = jsonschema.Draft202012Validator(self.schema)
        self.tests = [("the schema is one", lambda: jsonschema.Draft202012Validator.check_schema(self.schema))]

    def test(self, name, function):
        self.tests.append((name, function))

    def obeys(self, document, name="a written file obeys it"):
        self.test(name, lambda: self.validator.validate(document))

    def refuses(self, document, broken):
        """broken: list of (place, value), the place a list of keys and indices in the document."""
        for place, value in broken:
            def refused(place=place, value=value):
                assert not self.validator.is_valid(put(document, place, value)), "accepted"
            what = "deleted" if value is DELETE else json.dumps(value)[:60]
            self.test(f"{'.'.join(map(str, place))} {what} is refused", refused)

    def run(self):
        run_tests(self.tests)


def put(document, place, value):
    broken = copy.deepcopy(document)
    parent = broken
    for step in place[:-1]:
        parent = parent[step]
    if value is DELETE:
        del parent[place[-1]]
    else:
        parent[place[-1]] = value
    return broken
