"""Traces: what the columns mean, what is filled in, and the file and line of what makes no sense."""

import gzip
import tracemalloc

import numpy as np
import pytest

from simulator.problems import ConfigError
from simulator.workload import FAILS, HANGS, OK, SESSION_END, UTTERANCE, read_trace
from simulator.workload.trace_file import COLUMNS

from .drawing import same, scenario, table

HEADER = "at_ms,event,session,text,outcome\n"
FEW = HEADER + (
    "0,utterance,alice,hello,ok\n"
    "5,utterance,bob,hello,fails\n"
    "5,utterance,alice,bye,hangs\n"
    "5,session_end,alice,,\n"
    "90,utterance,bob,,\n"
    "200,utterance,carol,hello,\n"
)


@pytest.fixture
def trace(tmp_path):
    def _trace(text, name="trace.csv", **options):
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return read_trace(path, scenario(horizon=options.pop("horizon", "1h")), **options)

    return _trace


@pytest.fixture
def trouble(trace):
    def _trouble(text):
        with pytest.raises(ConfigError) as caught:
            trace(text)
        problem = caught.value.problems[0]
        assert problem.place.file.endswith("trace.csv")
        return problem.code, problem.place.line, problem.message

    return _trouble


def test_rows_keep_the_order_of_the_file(trace):
    rows = table(trace(FEW))
    assert rows.at_ms.tolist() == [0, 5, 5, 5, 90, 200]
    assert rows.kind.tolist() == [UTTERANCE] * 3 + [SESSION_END] + [UTTERANCE] * 2
    assert rows.session.tolist() == [0, 1, 0, 0, 1, 2]
    assert rows.turn.tolist() == [0, 0, 1, 2, 1, 0]
    assert rows.outcome.tolist() == [OK, FAILS, HANGS, OK, OK, OK]


def test_last_marks_rows_behind_which_a_session_says_nothing_more(trace):
    assert table(trace(FEW)).last.tolist() == [False, False, True, True, True, True]
    # also when that is beyond the horizon
    assert table(trace(FEW, horizon="80ms")).last.tolist() == [False, False, True, True]


def test_equal_texts_have_equal_ids_and_empty_ones_are_all_different(trace):
    hello, also, bye, end, nameless, again = table(trace(FEW)).text.tolist()
    assert hello == also == again
    assert len({hello, bye, end, nameless}) == 4


def test_the_horizon_ends_a_trace(trace):
    assert len(table(trace(FEW, horizon="200ms"))) == 5
    assert len(table(trace(FEW, horizon="201ms"))) == 6


def test_missing_columns_and_empty_cells_have_defaults(trace):
    bare = "at_ms,event,session\n1,utterance,a\n2,utterance,b\n"
    rows = table(trace(bare))
    world = scenario()
    chars = round(world.workload.utterances.text_length.mean)
    assert rows.source_chars.tolist() == rows.stored_chars.tolist() == [chars] * 2
    assert rows.audio_ms.tolist() == [round(world.workload.utterances.audio.mean)] * 2
    assert rows.target_chars.tolist() == [int(0.9 * chars + 0.5)] * 2
    assert rows.key_chars.tolist() == [chars + 6] * 2
    assert rows.stored_spaces.tolist() == [chars // 6] * 2
    assert rows.cacheable.all()
    assert not rows.two_byte.any()
    assert rows.latency_ms.tolist() == rows.context_chars.tolist() == [0, 0]
    assert len(set(rows.text.tolist())) == 2
    empty = (
        ",".join(COLUMNS)
        + "\n"
        + "".join(f"{at},utterance,{who}{',' * 13}\n" for at, who in ((1, "a"), (2, "b")))
    )
    assert same(rows, table(trace(empty)))


def test_given_columns_are_taken(trace):
    text = ",".join(COLUMNS) + "\n7,utterance,a,k,fails,12,600,550,9,44,1,76,0,33,5800,0\n"
    rows = table(trace(text))
    row = {
        name: getattr(rows, name).tolist()[0] for name in COLUMNS if name not in ("event", "session", "text")
    }
    assert row == {
        "at_ms": 7, "outcome": FAILS, "latency_ms": 12, "source_chars": 600, "stored_chars": 550, "stored_spaces": 9,
        "target_chars": 44, "two_byte": True, "key_chars": 76, "key_two_byte": False, "context_chars": 33,
        "audio_ms": 5800, "cacheable": False,
    }  # fmt: skip


def test_columns_come_in_any_order_and_may_be_quoted_or_spaced(trace):
    text = '"session", at_ms ,event\n"a,b",3,utterance\nNA,4,utterance\n'
    rows = table(trace(text))
    assert rows.at_ms.tolist() == [3, 4]
    assert rows.session.tolist() == [0, 1]


def test_gzip_byte_order_marks_windows_line_ends_and_a_blank_last_line(trace):
    plain = table(trace(FEW))
    assert same(plain, table(trace(FEW, name="trace.csv.gz")))
    assert same(plain, table(trace("\ufeff" + FEW)))
    assert same(plain, table(trace(FEW.replace("\n", "\r\n"))))
    assert same(plain, table(trace(FEW + "\n")))


def test_a_long_trace_is_the_same_in_pieces_and_read_again(trace):
    rng = np.random.default_rng(5)
    at = np.sort(rng.integers(0, 3_000_000, 5_000))
    kinds = np.where(rng.random(5_000) < 0.9, "utterance", "session_end")
    lines = [
        f"{t},{kind},s{rng.integers(60)},t{rng.integers(900)},ok\n" for t, kind in zip(at, kinds, strict=True)
    ]
    whole = trace(HEADER + "".join(lines))
    pieces = trace(HEADER + "".join(lines), frame_rows=377, kept_bytes=0)
    assert same(table(whole), table(pieces), without=("text",))
    assert same(table(whole), table(pieces))
    assert same(table(pieces), table(pieces))
    assert len(list(pieces.windows())) > 10
    rows = table(whole)
    for session in range(60):
        mine = rows.session == session
        spoken = mine & (rows.kind == UTTERANCE)
        assert rows.turn[spoken].tolist() == list(range(spoken.sum()))
        final = np.flatnonzero(spoken)[-1]
        assert np.array_equal(rows.last[mine], np.flatnonzero(mine) >= final)


def test_one_node_at_rest(trace):
    workload = trace(FEW)
    world = scenario()
    assert workload.node_count == 1
    assert workload.baseline_bytes.tolist() == [[round(world.nodes.baseline.distribution.mean)]]
    assert {phase.tolist()[0] for phase in workload.phase_ms.values()} == {0}
    assert set(workload.phase_ms) == {*world.nodes.stores, "heartbeat", "scan"}
    assert [spells.tolist() for spells in workload.outage_start_ms] == [[]]


def test_a_trace_without_rows(trace):
    assert len(table(trace(HEADER))) == 0


@pytest.mark.parametrize(
    ("row", "line", "message"),
    [
        ("3,utterance,a,t,ok", 8, "at_ms goes back from 200 to 3"),
        ("300,utterence,a,t,ok", 8, "unknown event `utterence`"),
        ("300,,a,t,ok", 8, "`event` is empty"),
        ("300,utterance,a,t,failed", 8, "unknown outcome `failed`"),
        ("300,utterance,,t,ok", 8, "the session is missing"),
        (",utterance,a,t,ok", 8, "expected a whole number from 0 up in `at_ms`, not nothing"),
        ("3e2.5,utterance,a,t,ok", 8, "expected a whole number from 0 up in `at_ms`, not `3e2.5`"),
        ("300.5,utterance,a,t,ok", 8, "expected a whole number from 0 up in `at_ms`, not `300.5`"),
        ("99999999999999999999,utterance,a,t,ok", 8, "`99999999999999999999`"),
        ("300,utterance,a,t,ok\n301,utterance,a,t,ok,5,6", 9, "7 cells under 5 columns"),
    ],
)
def test_e122_a_row_that_makes_no_sense(trouble, row, line, message):
    code, at, said = trouble(FEW + row + "\n")
    assert (code, at) == ("E122", line)
    assert message in said


def test_time_does_not_go_back_between_pieces_either(trace):
    with pytest.raises(ConfigError, match="at_ms goes back from 200 to 3"):
        trace(FEW + "3,utterance,a,t,ok\n", frame_rows=3)


def test_negative_numbers_and_flags_that_are_none(trouble):
    head = "at_ms,event,session,audio_ms,cacheable\n1,utterance,a,5,1\n\n"
    assert trouble(head + "2,utterance,a,-5,1\n") == (
        "E122", 4, "expected a whole number from 0 up in `audio_ms`, not `-5`"
    )  # fmt: skip
    assert trouble(head + "2,utterance,a,5,2\n") == ("E122", 4, "expected 0 or 1 in `cacheable`, not 2")


def test_a_suggestion_for_what_is_misspelt(trace):
    with pytest.raises(ConfigError) as caught:
        trace("at_ms,evnt,session\n")
    assert [(p.code, p.message, p.help) for p in caught.value.problems] == [
        ("E101", "unknown column `evnt`", ("did you mean `event`?",)),
        ("E102", "the column `event` is missing", ("the first line names the columns, such as `at_ms,event,session`",)),
    ]  # fmt: skip
    with pytest.raises(ConfigError) as caught:
        trace(FEW + "300,utterence,a,t,ok\n")
    assert caught.value.problems[0].help == ("did you mean `utterance`?",)
    assert caught.value.problems[0].place.source == "300,utterence,a,t,ok"


def test_everything_that_is_wrong_is_said_at_once_and_once_a_column(trace):
    rows = (
        "300,utterance,a,t,ok\n200,utter,,t,ok\nx,utter,b,t,oks\n400,session_end,b,,\n399,session_end,b,,\n"
    )
    with pytest.raises(ConfigError) as caught:
        trace(FEW + rows)
    first = FEW.count("\n") + 1
    said = [(p.place.line - first, p.message, p.help) for p in caught.value.problems]
    assert said == [
        (1, "at_ms goes back from 300 to 200", ("sort the rows by time", "1 more below is wrong here too")),
        (1, "the session is missing", ()),
        (1, "unknown event `utter`", ("did you mean `utterance`?", "1 more below is wrong here too")),
        (2, "expected a whole number from 0 up in `at_ms`, not `x`", ()),
        (2, "unknown outcome `oks`", ("did you mean `ok`?",)),
    ]


def test_columns_twice_too_many_or_none(trouble):
    assert trouble("at_ms,event,session,event\n")[0] == "E112"
    assert trouble("") == trouble("\n" + FEW) == ("E119", 1, "the first line names no columns")
    assert trouble("at_ms,event,session\n1,utterance,a,b\n") == ("E122", 2, "4 cells under 3 columns")


def test_quoted_cells_may_run_over_lines_and_must_end(trace, trouble):
    head = 'at_ms,event,session\n1,utterance,"a\nb ""c"""\n'
    assert len(table(trace(head))) == 1
    assert trouble(head + "2,ended,a\n") == ("E122", 4, "unknown event `ended`")
    assert trouble(head + '2,utterance,"a\n3,utterance,b\n') == ("E122", 4, "a quote is never closed")


def test_numbers_may_be_written_with_a_point_or_an_exponent(trace):
    rows = table(
        trace(
            "at_ms,event,session,source_chars\n1e3,utterance,a,2.0\n2000.0,utterance,a,\n3000,utterance,a,7\n"
        )
    )
    assert rows.at_ms.tolist() == [1000, 2000, 3000]
    assert rows.source_chars[[0, 2]].tolist() == [2, 7]


def test_a_session_may_end_before_it_says_anything_and_speak_again(trace):
    rows = table(
        trace(
            "at_ms,event,session\n0,session_end,a\n1,utterance,a\n2,session_end,a\n3,utterance,a\n4,session_end,a\n"
        )
    )
    assert rows.session.tolist() == [0] * 5
    assert rows.turn.tolist() == [0, 0, 1, 1, 2]
    assert rows.last.tolist() == [False, False, False, True, True]


def test_a_message_as_it_is_shown(trace):
    with pytest.raises(ConfigError) as caught:
        trace(FEW + "300,utterence,a,t,ok\n", name="shown.csv")
    assert str(caught.value).replace(str(caught.value.problems[0].place.file), "shown.csv") == (
        "error[E122]: unknown event `utterence`\n"
        " --> shown.csv:8:1  (event)\n"
        "  |\n"
        "8 | 300,utterence,a,t,ok\n"
        "  | ^\n"
        "  = help: did you mean `utterance`?\n"
        "\n"
        "1 error in shown.csv"
    )


def test_a_long_trace_takes_no_more_memory_than_a_short_one(tmp_path):
    def peak(count):
        path = tmp_path / f"{count}.csv"
        lines = (f"{10 * row},utterance,s{row % 50},t{row % 70},ok,900\n" for row in range(count))
        path.write_text(HEADER.replace("\n", ",latency_ms\n") + "".join(lines))
        world = scenario(horizon="2h")
        tracemalloc.start()
        total = sum(map(len, read_trace(path, world, frame_rows=4_000, kept_bytes=0).windows()))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert total == count
        return peak

    peak(2_000)  # what is imported and cached at first use
    assert peak(300_000) < 1.2 * peak(20_000)


def test_a_file_that_cannot_be_read(tmp_path):
    (tmp_path / "bad.csv.gz").write_text("not gzip")
    (tmp_path / "latin.csv").write_bytes(FEW.encode() + "300,utterance,zo\xeb,t,ok\n".encode("latin-1"))
    for name in ("missing.csv", "bad.csv.gz", "latin.csv", "."):
        with pytest.raises(ConfigError) as caught:
            read_trace(tmp_path / name, scenario())
        assert caught.value.problems[0].code == "E110", name
