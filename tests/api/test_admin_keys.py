"""Keys, the audit log and the families' reports, without a server."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.admin import command
from api.admin.audit import Audit
from api.admin.guesses import Guesses
from api.admin.keys import Keyring, Scope, make_key, read_keys
from api.errors import BusyError, MissingError, ServiceError
from api.reports import MOST_CHARACTERS, Mistake, Reports, State
from servicecircle.errors import InputError
from tests.api.admin_office import LINES, OFFICE

DAY = "2026-01-02"


def test_a_key_is_known_by_its_whole_self_and_nothing_else() -> None:
    token, line = make_key("a", [Scope.REBUILD])
    assert token.partition(".")[2] not in line
    assert make_key("a", [Scope.REBUILD])[1] != line
    ring = Keyring(read_keys(f"# remark\n\n{line}  # the office\n"))
    for _ in range(2):
        key = ring.check(token)
        assert key is not None
        assert (key.name, key.scopes) == ("a", {Scope.REBUILD})
    name, _, secret = token.partition(".")
    for wrong in (
        secret,
        f"{name}.{secret[:-1]}",
        f"{name}.{secret}.",
        f"b.{secret}",
        f"{name}.",
        f"{name}.{secret * 9}",
    ):
        assert ring.check(wrong) is None, wrong
    other, _ = make_key("a", [Scope.REBUILD])
    assert ring.check(other) is None


_WORD = st.sampled_from(["office", "edit", "scrypt", ":", ",", "#", "AAAA", "14", "0", "-1", "長", "\n", " ", "="])


@settings(max_examples=50)
@given(st.lists(_WORD, max_size=12).map("".join))
def test_any_text_is_keys_or_a_fault(text: str) -> None:
    try:
        keys = read_keys(text)
    except InputError as error:
        assert error.faults  # noqa: PT017
    else:
        assert all(key.scopes for key in keys)


def test_few_are_checked_at_once() -> None:
    ring = Keyring(read_keys(LINES))
    answers: list[object] = []

    def ask() -> None:
        try:
            answers.append(ring.check("office.wrong"))
        except BusyError as error:
            answers.append(error)

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 12
    assert None in answers
    assert all(answer is None or isinstance(answer, BusyError) for answer in answers)
    assert ring.check(OFFICE) is not None  # nobody's room was lost


@pytest.mark.parametrize(
    "line",
    [
        "office edit",
        "office edit plain",
        "office fly scrypt:14:8:1:AAAAAAAAAAAAAAAAAAAAAA:" + "A" * 43,
        "Office edit scrypt:14:8:1:AAAAAAAAAAAAAAAAAAAAAA:" + "A" * 43,
        "office edit scrypt:2:8:1:AAAAAAAAAAAAAAAAAAAAAA:" + "A" * 43,
        "office edit scrypt:30:8:1:AAAAAAAAAAAAAAAAAAAAAA:" + "A" * 43,
        "office edit scrypt:14:8:99:AAAAAAAAAAAAAAAAAAAAAA:" + "A" * 43,
        "office edit scrypt:14:8:1::" + "A" * 43,
        "office edit scrypt:14:8:1:AAAAAAAAAAAAAAAAAAAAAA:AAAA",
        "office edit scrypt:x:8:1:AAAAAAAAAAAAAAAAAAAAAA:" + "A" * 43,
    ],
)
def test_a_line_that_is_no_key_is_a_fault_that_does_not_show_it(line: str) -> None:
    with pytest.raises(InputError) as caught:
        read_keys(f"\n{line}")
    assert caught.value.faults[0].row == 2
    assert "AAAA" not in str(caught.value)


def test_a_name_belongs_to_one_key() -> None:
    with pytest.raises(InputError, match="twice"):
        read_keys("\n".join(LINES.splitlines()[:1] * 2))


def test_the_command_makes_a_key_and_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["wang", "--scopes", "edit,import"]) == command.DONE
    out, err = capsys.readouterr()
    token = err.split()[-1]
    key = Keyring(read_keys(out)).check(token)
    assert key is not None
    assert (key.name, key.scopes) == ("wang", {Scope.EDIT, Scope.IMPORT})
    assert token not in out
    assert command.main(["wang", "--scopes", "edit,fly"]) == command.BAD_INPUT
    assert command.main(["王"]) == command.BAD_INPUT


def test_guesses_are_forgotten_after_a_while_and_never_without_bound() -> None:
    now = 0.0
    guesses = Guesses(most=2, while_s=10, clock=lambda: now)
    for _ in range(2):
        assert not guesses.too_many("a")
        guesses.count("a")
    assert guesses.too_many("a")
    assert not guesses.too_many("b")
    now = 11.0
    assert not guesses.too_many("a")
    for i in range(10_100):
        guesses.count(str(i))
    assert len(guesses._seen) == 10_000  # noqa: SLF001


def test_the_audit_log_only_grows_and_shows_what_was_changed(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "audit.jsonl")
    threads = [threading.Thread(target=audit.write, args=(f"k{i}", "x" * 99, i)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    audit.write("z", "act", 1, long="长" * 5000, none=None)
    assert audit.broken_at() is None
    lines = audit.last(100)
    assert {line["key"] for line in lines} == {"z", *(f"k{i}" for i in range(8))}
    assert lines[0]["about"] == {"long": "长" * 200}
    whole = audit.path.read_bytes().splitlines(keepends=True)
    audit.path.write_bytes(b"".join(whole[:3] + whole[4:]))  # one taken out
    assert audit.broken_at() == 4
    audit.path.write_bytes(b"".join(whole)[:-9])  # torn by a crash
    audit.write("y", "act", 1)
    assert audit.last(2)[0]["key"] == "y"
    assert audit.broken_at() == 9


def test_reports_are_kept_listed_and_closed(tmp_path: Path) -> None:
    reports = Reports(tmp_path / "reports.sqlite")
    assert reports.list() == []
    assert not reports.path.exists()
    first = reports.create("B1", "hours", " 周一\n不开门\u202e ", at_date=DAY)
    assert reports.create("B1", "hours", "周一 不开门", at_date="2026-01-03") == first
    second = reports.create("B1", "way", "", at_date=DAY)
    assert [(r.id, r.kind, r.text) for r in reports.list()] == [
        (second, Mistake.WAY, ""),
        (first, Mistake.HOURS, "周一 不开门"),
    ]
    assert reports.close(first, State.DECLINED).state is State.DECLINED
    assert [r.id for r in reports.list()] == [second]
    assert len(reports.list(None)) == 2
    assert reports.create("B1", "hours", "周一 不开门", at_date=DAY) > second
    for number in (99, -1, 2**70):
        with pytest.raises(MissingError):
            reports.close(number)


@pytest.mark.parametrize(
    "text",
    [
        "电话13812345678",
        "打 138 1234 5678 找我",
        "１３８－１２３４－５６７８",
        "138.1234.5678",
        "١٣٨١٢٣٤٥٦٧٨",
        "身份证50010319900101123X",
        "写信 wang@example.org",
        "1\u200b3812345678",
    ],
)
def test_personal_data_is_refused(tmp_path: Path, text: str) -> None:
    reports = Reports(tmp_path / "reports.sqlite")
    with pytest.raises(InputError, match="personal"):
        reports.create("B1", "other", text, at_date=DAY)
    assert not reports.path.exists()


@pytest.mark.parametrize(
    "text", ["63512345 是馆里的电话", "2026-10-01 起 09:00-17:00", "门牌 173 号，3 楼 12-5", "x" * MOST_CHARACTERS]
)
def test_what_is_no_persons_is_taken(tmp_path: Path, text: str) -> None:
    assert Reports(tmp_path / "reports.sqlite").create("B1", "other", text, at_date=DAY) == 1


@pytest.mark.parametrize(
    ("place", "kind", "text"),
    [
        ("../x", "way", ""),
        ("B1" * 40, "way", ""),
        ("B1", "fly", ""),
        ("B1", "way", "x" * (MOST_CHARACTERS + 1)),
        ("", "way", ""),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, place: str, kind: str, text: str) -> None:
    with pytest.raises(InputError):
        Reports(tmp_path / "reports.sqlite").create(place, kind, text, at_date=DAY)


def test_reports_have_a_bound_and_say_when_they_cannot_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reports = Reports(tmp_path / "reports.sqlite")
    monkeypatch.setattr("api.reports.MOST_OPEN", 2)
    for text in "ab":
        reports.create("B1", "way", text, at_date=DAY)
    with pytest.raises(BusyError):
        reports.create("B1", "way", "c", at_date=DAY)
    reports.close(1)
    reports.create("B1", "way", "c", at_date=DAY)
    (tmp_path / "damaged").write_bytes(b"no database" * 99)
    for broken in (Reports(tmp_path / "damaged"), Reports(tmp_path / "none" / "x")):
        with pytest.raises(ServiceError):
            broken.create("B1", "way", "a", at_date=DAY)
