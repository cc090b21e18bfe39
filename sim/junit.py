"""JUnit's XML: read what cocotb reports, write one document a design."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

__all__ = ["Report", "read_reports", "write_report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How one test ended: `passed`, or else why not."""

    passed: bool
    seconds: float
    message: str


def read_reports(path: Path) -> dict[str, Report]:
    """Read cocotb's report, by test; empty where there is none or a torn one."""
    try:
        root = ET.parse(path).getroot()
    except (OSError, ET.ParseError):
        return {}
    reports: dict[str, Report] = {}
    for case in root.iter("testcase"):
        failures = [child for child in case if child.tag in ("failure", "error", "skipped")]
        message = failures[0].get("message", failures[0].tag) if failures else ""
        time = float(case.get("time", "0") or 0)
        reports[case.get("name", "")] = Report(passed=not failures, seconds=time, message=message)
    return reports


def write_report(name: str, *, failure: str, is_error: bool, seconds: float, properties: dict[str, object]) -> str:
    """Write a design's outcome as a test suite of one test.

    Args:
        name: of the design.
        failure: why it failed; empty where it passed.
        is_error: whether nothing could be tested, which JUnit tells from a failure.
        seconds: of wall-clock time.
        properties: figures to add; those that are None are left out.
    """
    counts = {"tests": 1, "failures": int(bool(failure) and not is_error), "errors": int(bool(failure) and is_error)}
    attributes = {key: str(value) for key, value in counts.items()} | {"skipped": "0", "time": f"{seconds:.3f}"}
    suites = ET.Element("testsuites", attributes)
    suite = ET.SubElement(suites, "testsuite", {"name": "hdlgen simulate"} | attributes)
    labels = {"classname": "sim.testbench", "name": name, "time": f"{seconds:.3f}"}
    case = ET.SubElement(suite, "testcase", labels)
    listed = ET.SubElement(case, "properties")
    for key, value in properties.items():
        if value is not None:
            ET.SubElement(listed, "property", {"name": key, "value": str(value)})
    if failure:
        ET.SubElement(case, "error" if is_error else "failure", {"message": failure})
    ET.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"
