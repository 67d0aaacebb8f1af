"""Warnings say what is odd about the reference, and facts what follows from a config."""

import pytest

from simulator.config import Scenario, check_notes, facts, load, load_experiment


@pytest.fixture
def warnings(write):
    """The warnings of a config's text, by code."""

    def _warnings(text, **arguments):
        return {note.code: note.message for note in load_experiment(write(text), **arguments).warnings}

    return _warnings


NOTES = [
    ("nodes: {stores: {aggregator_states: {sweep_every: 10min}}}", "W201",
     "sweep_every (10min) is longer than ttl (5min): a session can stay 15min after its last utterance"),
    ("workload: {sessions: {arrivals: {poisson: 1/s}}}", "W202", "offered load is 328 % of the job slots: busy will hide everything else"),
    ("workload: {sessions: {arrivals: {poisson: 0.27/s}}}", "W202", "offered load is 89 % of the job slots: nodes will often be busy"),
    ("workload: {sessions: {arrivals: {profile: {0h: 0.1/s, 8h: 0.5/s}}}}", "W202",
     "offered load is 164 % of the job slots at its busiest: busy will hide everything else"),
    ("nodes: {stores: {aggregator_states: {max: 20000000}}}", "W203",
     "a full table (20,000,000 × 1.4 kB = 28 GB) is more than the host has (17.2 GB): the cap protects nothing"),
    ("nodes: {stores: {aggregator_states: {max: 4000000}}}", "W203",
     "a full table (4,000,000 × 1.4 kB = 5.6 GB) is more than the heap can hold (3.44 GB): the process dies first"),
    ("nodes: {baseline: 14GiB}", "W204",
     "baseline and process (15.1 GB) are above the threshold (14.6 GB): no node will take jobs"),
    ("nodes: {footprint: v8, stores: {aggregator_states: {entry: 2kB}}}", "W205",
     "footprint v8 computes bytes from the contents: `entry` of aggregator_states is ignored"),
    ("nodes: {stores: {dedup_last_sent_text: {cleanup: session_end}}}", "W207",
     "cleanup: session_end never fires: no node is told of an end (end_signalled is 0 %)"),
    ("scheduler: {heartbeat: 1min}", "W208", "heartbeat (1min) is longer than offline_after (45s): healthy nodes will count as offline"),
    ("scheduler: {job_timeout: 2s}", "W209", "a job takes 2.627s on average, job_timeout is 2s: most jobs will be lost"),
    ("nodes: {stores: {pending_translations: {abort_on_timeout: true}}}", "W210", "abort_on_timeout has no effect while timeout is never"),
    ("horizon: 5min", "W211", "ttl and sweep_every together (6min) are longer than the run (5min): hardly anything expires"),
    ("nodes: {process: {operator_restart: 1h}}\nscheduler: {threshold: never}", "W212",
     "operator_restart waits for an exclusion for memory, which `threshold: never` rules out"),
    ("nodes: {stores: {aggregator_states: {sweep_every: never}}}", "W213", "ttl has no effect while sweep_every is never: nothing expires"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code", "message"), NOTES, ids=[f"{code}-{n}" for n, (_, code, _) in enumerate(NOTES)]
)
def test_each_note(warnings, text, code, message):
    assert warnings(text) == {code: message}


def test_the_defaults_have_nothing_odd():
    assert check_notes(Scenario()) == []


def test_a_note_has_a_place(write):
    (note,) = load_experiment(
        write("nodes:\n  stores:\n    aggregator_states: {sweep_every: 10min}")
    ).warnings
    assert (note.place.line, note.place.column, note.place.path) == (
        3,
        38,
        "nodes.stores.aggregator_states.sweep_every",
    )
    (note,) = load_experiment(write("name: x"), set=["scheduler.heartbeat=1min"]).warnings
    assert note.place.path == "scheduler.offline_after"


def test_a_note_on_what_an_option_changed_within_a_value_names_the_option(write):
    text = "workload:\n  sessions:\n    arrivals: {poisson: 0.1/s}"
    (note,) = load_experiment(write(text), set=["workload.sessions.arrivals.poisson=0.5/s"]).warnings
    assert (note.code, note.place.path) == ("W202", "workload.sessions.arrivals")
    assert note.place.locate() == "--set workload.sessions.arrivals.poisson=0.5/s"


def test_only_the_first_setting_of_each_profile_is_warned_about(warnings, write):
    text = """
        settings: {a: {}, odd: {nodes.stores.aggregator_states.sweep_every: 1h}}
        profiles: {calm: {}, storm: {workload.sessions.arrivals: {poisson: 1/s}}}
    """
    assert set(warnings(text)) == {"W202"}
    (note,) = load_experiment(write(text)).warnings
    assert "in profile `storm`" in note.place.notes
    assert set(warnings(text, setting="odd")) == {"W201", "W202"}


class TestACapThatCannotBind:
    """At most 4 / 2.627 s × 360 s = 548 entries by default."""

    def test_is_a_fact_as_long_as_nobody_asks(self, warnings):
        assert warnings("nodes: {stores: {aggregator_states: {max: 1000}}}") == {}
        assert warnings("settings: {a: {}, cap 500: {nodes.stores.aggregator_states.max: 500}}") == {}

    def test_is_said_when_an_option_asks(self, warnings):
        path = "nodes.stores.aggregator_states.max"
        assert warnings("name: x", set={path: 2000}) == {
            "W206": "a cap of 2,000 cannot bind here: at most 548 entries"
        }
        assert warnings("name: x", set={path: 300}) == {}
        assert warnings("name: x", set={path: "unlimited"}) == {}

    def test_is_said_when_no_value_compared_can_bind(self, warnings):
        text = "settings: {a: {}, b: {nodes.stores.aggregator_states.max: 800}}"
        assert warnings(text) == {
            "W206": "none of the caps compared (800, 1,000) can bind here: at most 548 entries"
        }
        assert warnings("grid: {nodes.stores.aggregator_states.max: [800, 900]}").keys() == {"W206"}
        assert warnings(f"{text}\nprofiles: {{small: {{}}, large: {{scheduler.jobs_per_node: 10}}}}") == {}
        assert warnings(f"{text}\nscheduler: {{jobs_per_node: unlimited}}") == {}


def test_facts_of_the_defaults():
    known = facts(Scenario())
    service_s = Scenario().workload.utterances.service.mean / 1000
    assert known.sessions_per_s == 0.1
    assert known.jobs_per_s == 2
    assert known.capacity_jobs_per_s == pytest.approx(16 / service_s)
    assert known.offered_load == known.busiest_load == pytest.approx(2 * service_s / 16)
    assert [(t.store, t.most_entries, t.max, t.can_bind) for t in known.tables] == [
        ("aggregator_states", int(4 / service_s * 360), 1000, False)
    ]
    assert known.growing == ("dedup_last_sent_text", "pending_translations")
    assert known.sentences() == (
        "offered load is 33 % of the job slots (2 of 6.09 jobs a second)",
        "aggregator_states can hold at most about 548 entries on a node: a cap of 1,000 cannot bind",
        "nothing keeps dedup_last_sent_text from growing for ever",
        "nothing keeps pending_translations from growing for ever",
    )


def test_rates_of_every_arrival_process(write):
    def rates(arrivals, horizon="24h"):
        known = facts(load({"horizon": horizon, "workload": {"sessions": {"arrivals": arrivals}}}))
        return known.sessions_per_s, known.busiest_load / known.offered_load

    assert rates({"profile": {"0h": "1/s", "6h": "3/s", "12h": "0/s"}}) == pytest.approx((1, 3))
    assert rates({"profile": {"0h": "1/s", "6h": "3/s", "12h": "0/s"}}, "9h") == pytest.approx((15 / 9, 1.8))
    assert rates({"profile": {"0h": "1/s", "6h": "3/s"}}, "6h") == (1, 1)
    assert rates({"renewal": "10s"}) == pytest.approx((0.1, 1))
    assert rates(
        {"bursts": {"quiet_rate": "0.1/s", "busy_rate": "1/s", "quiet": "40min", "busy": "5min"}}
    ) == pytest.approx((0.2, 1))
    write("at_ms,event,session\n", "t.csv")
    known = facts(load({"workload": {"sessions": {"arrivals": {"trace": "t.csv"}}}}))
    assert (known.sessions_per_s, known.offered_load) == (None, None)


def test_what_takes_slots(scenario):
    assert facts(scenario("scheduler: {jobs_per_node: unlimited}")).offered_load is None
    serial = facts(scenario("nodes: {gpu: serial}\nworkload: {utterances: {service: 2s}}"))
    assert serial.capacity_jobs_per_s == 2
    holding = facts(
        scenario(
            "scheduler: {hangs_hold_slot: true}\nworkload: {translation: {hangs: 10 %}, utterances: {service: 2s}}"
        )
    )
    assert holding.capacity_jobs_per_s == pytest.approx(16 / (0.9 * 2 + 0.1 * 60))
    by_time = facts(scenario("workload: {sessions: {duration: 1min, gap: 6s}}"))
    assert by_time.jobs_per_s == pytest.approx(0.1 * 11)


def test_what_nothing_empties(scenario):
    def growing(stores, workload="{}"):
        return facts(scenario(f"nodes: {{stores: {{s: {stores}}}}}\nworkload: {workload}")).growing

    assert growing("{kind: session_map}") == ("s",)
    assert growing("{kind: session_map, cleanup: session_removed}") == ("s",)  # no table removes any
    assert growing("{kind: session_map, cleanup: session_removed}, t: {kind: session_table}") == ()
    assert growing("{kind: ring_buffer, cleanup: session_end}") == ("s",)
    assert growing("{kind: ring_buffer, cleanup: session_end}", "{sessions: {end_signalled: 50 %}}") == ("s",)
    assert growing("{kind: ring_buffer, cleanup: session_end}", "{sessions: {end_signalled: 100 %}}") == ()
    assert growing("{kind: session_table, max: unlimited, sweep_every: never}") == ("s",)
    assert growing("{kind: session_table, max: unlimited}") == ()
    assert growing("{kind: lru_cache, instances: per_job}") == ("s",)
    assert growing("{kind: pending_map, removed_on: [success, failure]}", "{translation: {hangs: 0 %}}") == ()
    assert growing("{kind: pending_map, timeout: 30s}") == ("s",)
    assert growing("{kind: pending_map, timeout: 30s, abort_on_timeout: true}") == ()
